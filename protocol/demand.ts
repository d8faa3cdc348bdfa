import { L1_INDEX, SEGMENT_LEVELS, TREE_ARITY, TREE_LEVELS, type BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { slotIndexes, type Movements } from "./transition.ts";
import { labelOf, nodesAbove, segmentOf } from "./tree.ts";

/** How much of each thing that a batch size limits a batch takes. */
export interface Demand extends Pick<BatchSize, "l1Operations" | "withdrawals" | "transfers" | "accounts">, Touched {}

/** What accounts touch of the tree. */
export interface Touched {
  /** The segments that they lie in. */
  readonly segments: ReadonlySet<number>;
  /** Labels of the nodes above these. */
  readonly nodes: ReadonlySet<number>;
}

export const UNTOUCHED: Touched = { segments: new Set(), nodes: new Set() };

/** What is touched when accounts at these indexes are touched besides. */
export function touchedWith({ segments, nodes }: Touched, indexes: Iterable<number>): Touched {
  const more = Array.from(indexes, segmentOf).filter((segment) => !segments.has(segment));
  if (more.length === 0) return { segments, nodes };
  const labels = Array.from(nodesAbove(more), ({ level, position }) => labelOf(level, position));
  return { segments: new Set([...segments, ...more]), nodes: new Set([...nodes, ...labels]) };
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
    ...touchedWith(UNTOUCHED, [...l1Operations.map(({ index }) => index), ...slots]),
  };
}

/** Whether a batch fits a size. Rows and slots that it leaves unused stand at index 0, hence in segment 0. */
export function fits(size: BatchSize, demand: Demand): boolean {
  const rows = ["l1Operations", "withdrawals", "transfers", "accounts"] as const;
  const isFull = demand.l1Operations === size.l1Operations && demand.accounts === size.accounts;
  const { segments, nodes } = isFull ? demand : touchedWith(demand, [L1_INDEX]);
  return rows.every((kind) => demand[kind] <= size[kind]) && segments.size <= size.segments && nodes.size <= size.nodes;
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
  const { l1Operations, withdrawals, transfers, accounts, segments, nodes } = demand;
  throw new SheafError(
    "BATCH_FULL",
    `no batch size has room for ${l1Operations} L1 operations, ${withdrawals} withdrawals and ${transfers} transfers, ` +
      `which take ${accounts} account slots in ${segments.size} segments, under ${nodes.size} nodes of the tree`,
  );
}

/**
 * How many nodes above the segments a batch touches at most whose accounts lie at so many indexes and at index 0: every size
 * has room for that many L1 operations at indexes that somebody chose to lie far apart.
 */
export function nodesOfScattered(indexes: number): number {
  let nodes = 0;
  for (let level = SEGMENT_LEVELS + 1; level <= TREE_LEVELS; level++) {
    // Half of the tree's places have no index: its last path bit is 0.
    nodes += Math.min(indexes + 1, Math.max(1, TREE_ARITY ** (TREE_LEVELS - level) / 2));
  }
  return nodes;
}
