import { SEGMENT_LEVELS, TREE_ARITY, type BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import type { AccountUpdate } from "./state.ts";
import { finish, type Steps } from "./steps.ts";
import { labelOf, nodesAbove, segmentOf, type StateTree } from "./tree.ts";
import { nodeOf } from "./wide-poseidon.ts";

/** An account's update as an access to its segment. */
export interface SegmentAccess {
  readonly update: AccountUpdate;
  /** Time of the access before it to the same segment, or 0. */
  readonly age: number;
}

/** All that a batch's accesses do to one segment; or a row for one that is not in use. */
export interface TouchedSegment {
  readonly active: 0 | 1;
  readonly segment: number;
  /** Time of the last access, or 0. */
  readonly last: number;
  /** The segment's root before and after the batch. */
  readonly roots: readonly [bigint, bigint];
}

/** A node above touched segments; or a row for one that is not in use. */
export interface TouchedNode {
  readonly active: 0 | 1;
  readonly label: number;
  /** Which of its children are touched: segments, or nodes. */
  readonly touched: readonly boolean[];
  /** Its children before and after the batch. */
  readonly children: readonly [readonly bigint[], readonly bigint[]];
  /** Itself before and after the batch. */
  readonly roots: readonly [bigint, bigint];
}

/** A batch's updates, and what they touch of the tree: as many rows as the batch's size has, those in use first. */
export interface Segmentation {
  readonly accesses: readonly SegmentAccess[];
  /** In ascending order. */
  readonly segments: readonly TouchedSegment[];
  /** Level by level, the lowest first, each in ascending order; the root is the last. */
  readonly nodes: readonly TouchedNode[];
}

/**
 * Ties a batch's updates, all of them in the circuit's order, to segments and to the nodes above: access i is at time i + 1.
 *
 * @param before the state's tree before the batch
 * @param after the state's tree after it
 * @throws SheafError BATCH_SCATTERED if the updates touch more segments or nodes than the size has
 */
export function segmentsOf(
  size: BatchSize,
  before: StateTree,
  after: StateTree,
  updates: readonly AccountUpdate[],
): Segmentation {
  return finish(segmentSteps(size, before, after, updates));
}

/** As `segmentsOf`, a node at a time. */
export function* segmentSteps(
  size: BatchSize,
  before: StateTree,
  after: StateTree,
  updates: readonly AccountUpdate[],
): Steps<Segmentation> {
  const last = new Map<number, number>();
  const accesses = updates.map((update, place) => {
    const segment = segmentOf(update.index);
    const age = last.get(segment) ?? 0;
    last.set(segment, place + 1);
    return { update, age };
  });

  const touched = [...last.keys()].sort((a, b) => a - b);
  const above = [...nodesAbove(touched)];
  requireRoom(size, "segments", touched.length);
  requireRoom(size, "nodes", above.length);

  const both = (level: number, position: number): [bigint, bigint] => [
    before.node(level, position),
    after.node(level, position),
  ];
  const segments: TouchedSegment[] = touched.map((segment) => {
    return { active: 1, segment, last: last.get(segment)!, roots: both(SEGMENT_LEVELS, segment) };
  });
  const nodes: TouchedNode[] = [];
  for (const { level, position, below } of above) {
    const places = Array.from({ length: TREE_ARITY }, (_, place) => position * TREE_ARITY + place);
    const children = places.map((place) => both(level - 1, place));
    nodes.push({
      active: 1,
      label: labelOf(level, position),
      touched: places.map((place) => below.has(place)),
      children: [children.map(([old]) => old), children.map(([, now]) => now)],
      roots: both(level, position),
    });
    yield;
  }
  while (segments.length < size.segments) segments.push(UNUSED_SEGMENT);
  while (nodes.length < size.nodes) nodes.push(UNUSED_NODE);
  return { accesses, segments, nodes };
}

const UNUSED_SEGMENT: TouchedSegment = { active: 0, segment: 0, last: 0, roots: [0n, 0n] };

const NO_CHILDREN: readonly bigint[] = new Array<bigint>(TREE_ARITY).fill(0n);
const UNUSED_NODE: TouchedNode = {
  active: 0,
  label: 0,
  touched: new Array<boolean>(TREE_ARITY).fill(false),
  children: [NO_CHILDREN, NO_CHILDREN],
  roots: [nodeOf(NO_CHILDREN), nodeOf(NO_CHILDREN)],
};

function requireRoom(size: BatchSize, kind: "segments" | "nodes", count: number): void {
  if (count <= size[kind]) return;
  throw new SheafError(
    "BATCH_SCATTERED",
    `the batch's accounts and its unused rows, at index 0, touch ${count} ${kind} of the tree; ` +
      `size ${size.name} has room for ${size[kind]}`,
  );
}
