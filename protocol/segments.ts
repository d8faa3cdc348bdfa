import { BITS, SEGMENT_LEVELS, type BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import type { AccountUpdate } from "./state.ts";
import { finish, type Steps } from "./steps.ts";
import { segmentOf, type MerklePath, type StateTree } from "./tree.ts";

/** An account's update as an access to its segment. */
export interface SegmentAccess {
  readonly update: AccountUpdate;
  /** Time of the access before it to the same segment, or 0. */
  readonly age: number;
}

/** All that a batch's accesses do to one segment. */
export interface SegmentMove {
  readonly segment: number;
  /** Time of the last access, or 0 if there is none. */
  readonly last: number;
  /** The segment's root before and after the batch. */
  readonly before: bigint;
  readonly after: bigint;
  /** From the segment's root up to the state's, after the moves of the segments before it. */
  readonly path: MerklePath;
}

export interface Segmentation {
  readonly accesses: readonly SegmentAccess[];
  /** As many as the size has, in ascending order: those that are accessed, and others that stay as they are. */
  readonly moves: readonly SegmentMove[];
}

/**
 * Ties a batch's updates, all of them in the circuit's order, to segments: access i is at time i + 1.
 *
 * @param tree the state's before the batch
 * @throws SheafError BATCH_SCATTERED if the updates lie in more segments than the size has
 */
export function segmentsOf(size: BatchSize, tree: StateTree, updates: readonly AccountUpdate[]): Segmentation {
  return finish(segmentSteps(size, tree, updates));
}

/** As `segmentsOf`, a segment at a time. */
export function* segmentSteps(
  size: BatchSize,
  tree: StateTree,
  updates: readonly AccountUpdate[],
): Steps<Segmentation> {
  const last = new Map<number, number>();
  const roots = new Map<number, bigint>();
  const accesses = updates.map((update, place) => {
    const segment = segmentOf(update.index);
    const age = last.get(segment) ?? 0;
    last.set(segment, place + 1);
    roots.set(segment, update.segmentRoots[1]);
    return { update, age };
  });

  const work = tree.fork();
  const moves: SegmentMove[] = [];
  for (const segment of withOthers(size, [...last.keys()])) {
    const path = work.path(segment, SEGMENT_LEVELS);
    const before = work.node(SEGMENT_LEVELS, segment);
    const after = roots.get(segment) ?? before;
    work.setNode(SEGMENT_LEVELS, segment, after);
    moves.push({ segment, last: last.get(segment) ?? 0, before, after, path });
    yield;
  }
  return { accesses, moves };
}

/** As many segments as a size has, in ascending order. */
function withOthers(size: BatchSize, accessed: readonly number[]): number[] {
  if (accessed.length > size.segments) {
    throw new SheafError(
      "BATCH_SCATTERED",
      `the batch's accounts and its unused rows, at index 0, lie in ${accessed.length} segments of ` +
        `2^${BITS.index - BITS.segment} indexes; size ${size.name} has room for ${size.segments}`,
    );
  }
  const segments = new Set(accessed);
  for (let other = 0; segments.size < size.segments; other++) segments.add(other);
  return [...segments].sort((a, b) => a - b);
}
