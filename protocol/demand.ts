import type { BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { slotIndexes, type Movements } from "./transition.ts";
import { segmentOf } from "./tree.ts";

/** How much of each thing that a batch size limits a batch takes. */
export interface Demand extends Pick<BatchSize, "l1Operations" | "withdrawals" | "transfers" | "accounts"> {
  /** The segments of the accounts that it touches. */
  readonly segments: ReadonlySet<number>;
}

/** What a batch takes, whatever the state is. */
export function demandOf(movements: Movements): Demand {
  const { l1Operations, withdrawals, transfers } = movements;
  const slots = slotIndexes(movements);
  return {
    l1Operations: l1Operations.length,
    withdrawals: withdrawals.length,
    transfers: transfers.length,
    accounts: slots.length,
    segments: new Set([...l1Operations.map(({ index }) => index), ...slots].map(segmentOf)),
  };
}

/** Whether a batch fits a size. Rows and slots that it leaves unused stand at index 0, hence in segment 0. */
export function fits(size: BatchSize, demand: Demand): boolean {
  const rows = ["l1Operations", "withdrawals", "transfers", "accounts"] as const;
  const isFull = demand.l1Operations === size.l1Operations && demand.accounts === size.accounts;
  const segments = demand.segments.size + (isFull || demand.segments.has(0) ? 0 : 1);
  return rows.every((kind) => demand[kind] <= size[kind]) && segments <= size.segments;
}

/**
 * The first size that a batch fits.
 *
 * @param sizes the cheapest to prove first, as `BATCH_SIZES` are
 * @throws SheafError BATCH_FULL if it fits none
 */
export function cheapestSize<Size extends BatchSize>(sizes: readonly Size[], demand: Demand): Size {
  const size = sizes.find((candidate) => fits(candidate, demand));
  if (size !== undefined) return size;
  const { l1Operations, withdrawals, transfers, accounts, segments } = demand;
  throw new SheafError(
    "BATCH_FULL",
    `no batch size has room for ${l1Operations} L1 operations, ${withdrawals} withdrawals and ${transfers} transfers, ` +
      `which take ${accounts} account slots in ${segments.size} segments`,
  );
}
