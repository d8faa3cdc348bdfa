import type { Numbers } from "../submitter/nonces.ts";
import type { SubmitState } from "../submitter/submission.ts";

/** How a node's work gets on, for whoever judges its health. Times are milliseconds. */
export interface Vitals {
  /** Looks at L1 that failed, one after the other up to now: how many, for how long, and why the last did. */
  readonly failing?: { readonly count: number; readonly duration: number; readonly error: unknown } | undefined;
  /** How long nothing has got on, though something waits for the node; 0 if nothing does. */
  readonly stalled: number;
  /** The oldest batch under way. */
  readonly batch?: OldestBatch | undefined;
  /** The oldest signed operation that is in no batch. */
  readonly operation?: { readonly id: string; readonly age: number } | undefined;
}

export interface OldestBatch {
  readonly number: number;
  readonly age: number;
  /** What its transaction waits for, if it is proven. */
  readonly submission?: SubmitState["phase"] | undefined;
  /** The batches that are on their way in one transaction with it, itself included. */
  readonly delivery?: Numbers | undefined;
}
