import type { RollupState } from "../../protocol/state.ts";

/**
 * All accounts after a batch, and so the state, from wherever: it is believed once L1 has a batch of this number that led to
 * the same root.
 */
export interface Snapshot {
  readonly batch: number;
  /** Made from nothing: its changes are all that there is. */
  readonly state: RollupState;
}
