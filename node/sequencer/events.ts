/** What happens in a node, for whoever watches it: what has changed, to be looked up. */
export type NodeEvent =
  | { readonly type: "transaction"; readonly id: string }
  | { readonly type: "batch"; readonly number: number }
  | { readonly type: "progress"; readonly number: number; readonly phase: string; readonly fraction: number }
  | { readonly type: "state" };
