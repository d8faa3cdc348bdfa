import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { followEvents } from "../data/live.ts";
import { RollupProvider } from "../data/rollup.tsx";
import { TokensProvider } from "../data/tokens.tsx";
import { Footer } from "./footer.tsx";
import { Header } from "./header.tsx";
import { pageAt } from "./routes.tsx";

const currentPath = (): string => location.hash.slice(1) || "/";

export function App() {
  const [path, setPath] = useState(currentPath);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    void followEvents();
    const follow = (): void => setPath(currentPath());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    // As a new page would, it begins at its top, for the eye and for a screen reader.
    if (!isFirst.current) {
      scrollTo(0, 0);
      main.current?.focus();
    }
    isFirst.current = false;
  }, [path]);

  return (
    <TokensProvider>
      <RollupProvider>
        <SkipLink to={() => main.current?.focus()} />
        <Header path={path} />
        <main ref={main} tabIndex={-1}>
          <Fragment key={path}>{pageAt(path)}</Fragment>
        </main>
        <Footer />
      </RollupProvider>
    </TokensProvider>
  );
}

/** Leads past the header. A link to `#main` would be a page's address here. */
const SkipLink = ({ to }: { readonly to: () => void }) => (
  <button type="button" class="skip" onClick={to}>
    Skip to the content
  </button>
);
