import type { Numbers } from "../submitter/nonces.ts";
import type { SubmitState } from "../submitter/submission.ts";

/** What happens in a node, for whoever watches it: what has changed, to be looked up, and how work goes on. */
export type NodeEvent =
  | { readonly type: "transaction"; readonly id: string }
  | { readonly type: "batch"; readonly number: number }
  | { readonly type: "progress"; readonly number: number; readonly phase: string; readonly fraction: number }
  | { readonly type: "state" }
  /** Batches on their way to L1 in one transaction. */
  | { readonly type: "submission"; readonly numbers: Numbers; readonly state: SubmitState }
  /** The node goes on, and tries again. */
  | { readonly type: "failure"; readonly what: string; readonly error: unknown };
