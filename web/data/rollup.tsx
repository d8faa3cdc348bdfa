import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { node, type State } from "./node.ts";
import { useResource, type Resource } from "./resource.ts";

const Rollup = createContext<Resource<State>>({ reload: () => undefined });

/** Keeps the rollup's state at hand for all parts of the page. */
export function RollupProvider({ children }: { readonly children: ComponentChildren }) {
  const state = useResource(
    "state",
    () => node.state(),
    ({ type }) => type === "state" || type === "batch",
  );
  return <Rollup.Provider value={state}>{children}</Rollup.Provider>;
}

export const useRollup = (): Resource<State> => useContext(Rollup);
