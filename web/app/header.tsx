import { silentSince, useIsLive } from "../data/live.ts";
import { SearchBox } from "./search-box.tsx";
import { ThemeButton } from "./theme-button.tsx";

const SECTIONS = [
  ["/", "Overview"],
  ["/batches", "Batches"],
  ["/transactions", "Transactions"],
  ["/accounts", "Accounts"],
  ["/roots", "Roots"],
  ["/rollup", "Rollup"],
] as const;

export function Header({ path }: { readonly path: string }) {
  return (
    <header class="site-header">
      <div class="bar">
        <a class="brand" href="#/" aria-label="Sheaf explorer, overview">
          <Mark />
          Sheaf
        </a>
        <LiveState />
        <SearchBox />
        <ThemeButton />
      </div>
      <nav aria-label="Sections">
        <ul>
          {SECTIONS.map(([place, name]) => (
            <li key={place}>
              <a
                href={`#${place}`}
                {...(place === sectionOf(path) && { "aria-current": place === path ? "page" : "true" })}
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}

/** Pages that are of a section by another name. */
const BELONGING: Readonly<Record<string, string>> = {
  ...{ addresses: "accounts", keys: "accounts", wallets: "accounts" },
  ...{ "l1-transactions": "transactions", tokens: "rollup" },
};

/** The section that a path is in: a batch's page is in Batches. */
function sectionOf(path: string): string {
  const noun = path.split("/")[1] ?? "";
  return `/${BELONGING[noun] ?? noun}`;
}

function LiveState() {
  const isLive = useIsLive();
  return (
    <p class={`live ${isLive ? "on" : "off"}`} role="status">
      {isLive ? "Live" : silentSince() === undefined ? "Connecting…" : "Offline"}
    </p>
  );
}

/** A sheaf: the brand's mark, as on the icon. */
const Mark = () => (
  <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
    <rect class="ground" width="32" height="32" rx="7" />
    <path
      class="stalks"
      d="M16 5v22M8 7c.6 6 3.4 8.6 8 11.5M24 7c-.6 6-3.4 8.6-8 11.5M9 27c1-4 3.5-6.5 7-8.5M23 27c-1-4-3.5-6.5-7-8.5"
    />
    <path class="band" d="M10.5 18.5h11" />
  </svg>
);
