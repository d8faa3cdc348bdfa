import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";

/** One entry of the tab's history, and what is kept of it for when the browser's buttons lead back there. */
export interface Visit {
  readonly id: string;
  /** Behind `#`. */
  readonly path: string;
  /** Pixels that it was scrolled down when it was left. */
  top: number;
  readonly kept: Map<string, unknown>;
}

const visits = new Map<string, Visit>();

/** The entry that the tab is at: the one from before, or a new one. */
export function currentVisit(): Visit {
  const { visit } = (history.state ?? {}) as { readonly visit?: string };
  const known = visits.get(visit ?? "");
  if (known !== undefined) return known;
  // Entries outlive this page, and are still there when it is loaded again.
  const id = `${performance.timeOrigin}/${visits.size}`;
  const made: Visit = { id, path: location.hash.slice(1) || "/", top: 0, kept: new Map() };
  visits.set(id, made);
  history.replaceState({ visit: id }, "");
  return made;
}

export const VisitContext = createContext<Visit>({ id: "", path: "/", top: 0, kept: new Map() });

/** As `useState`, with the value from when the page was last left. */
export function useKept<T>(name: string, initial: T): readonly [T, (value: T) => void] {
  const { kept } = useContext(VisitContext);
  const [value, setValue] = useState(() => (kept.has(name) ? (kept.get(name) as T) : initial));
  const keep = (value: T): void => {
    kept.set(name, value);
    setValue(() => value);
  };
  return [value, keep];
}
