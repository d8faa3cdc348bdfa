import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { followEvents } from "../data/live.ts";
import { RollupProvider } from "../data/rollup.tsx";
import { TokensProvider } from "../data/tokens.tsx";
import { currentVisit, VisitContext } from "../data/visit.ts";
import { Notices } from "../parts/notices.tsx";
import { Footer } from "./footer.tsx";
import { Header } from "./header.tsx";
import { pageAt } from "./routes.tsx";
import { scrollBack } from "./scroll.ts";

export function App() {
  const [visit, setVisit] = useState(currentVisit);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => void followEvents(), []);
  useLayoutEffect(() => {
    const follow = (): void => {
      visit.top = scrollY;
      setVisit(currentVisit());
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [visit]);
  useLayoutEffect(() => {
    // As a new page would, it begins at its top, for a screen reader too, unless it is an old one.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    return scrollBack(visit.top);
  }, [visit]);

  return (
    <TokensProvider>
      <RollupProvider>
        <SkipLink to={() => main.current?.focus()} />
        <Header path={visit.path} />
        <main ref={main} tabIndex={-1}>
          <Notices />
          <VisitContext.Provider value={visit} key={visit.id}>
            {pageAt(visit.path)}
          </VisitContext.Provider>
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
