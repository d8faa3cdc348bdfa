import { useLayoutEffect, useState } from "preact/hooks";
import { store, stored } from "../data/stored.ts";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "sheaf-theme";

/** Goes through the system's colours, light ones, dark ones; the browser keeps the choice. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(() => THEMES.find((name) => name === stored(KEY)) ?? "system");
  useLayoutEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    store(KEY, theme);
    dispatchEvent(new Event("themechange"));
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  return (
    <button type="button" class="theme" onClick={() => setTheme(next)} title={`Colours: ${theme}`}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        {theme === "light" && (
          <path d="M10 6a4 4 0 100 8 4 4 0 000-8zM10 1v2M10 17v2M1 10h2M17 10h2M3.6 3.6l1.4 1.4M15 15l1.4 1.4M3.6 16.4l1.4-1.4M15 5l1.4-1.4" />
        )}
        {theme === "dark" && <path d="M16.5 12A7 7 0 018 3.5 7 7 0 1016.5 12z" />}
        {theme === "system" && <path d="M10 2.5a7.5 7.5 0 100 15zM10 2.5a7.5 7.5 0 110 15" />}
      </svg>
      <span class="hidden">
        Colours: {theme}. Change to {next}
      </span>
    </button>
  );
}
