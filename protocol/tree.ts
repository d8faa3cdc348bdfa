import { EMPTY_LEAF } from "./account.ts";
import { SEGMENT_LEVELS, TREE_ARITY, TREE_ARITY_BITS, TREE_LEVELS } from "./constants.ts";
import { placeAt, type MerklePath } from "./merkle-path.ts";
import { finish, type Steps } from "./steps.ts";
import { nodeOf } from "./wide-poseidon.ts";

/** Root of an empty subtree by height: `EMPTY_NODES[0]` is an empty leaf, `EMPTY_NODES[TREE_LEVELS]` the genesis root. */
export const EMPTY_NODES: readonly bigint[] = emptyNodes();

/** The segment that an index lies in: the place of its subtree of `SEGMENT_LEVELS` levels. */
export const segmentOf = (index: number): number => Math.floor(index / TREE_ARITY ** SEGMENT_LEVELS);

/** A node's number on the circuit's tree bus: the root is 0, child j of n is 8 n + 7 + j. */
export const labelOf = (level: number, position: number): number => TREE_ARITY ** (TREE_LEVELS - level) - 1 + position;

/** A node above segments: its level, its position there, and which of the nodes below it made it one. */
export interface NodeAbove {
  readonly level: number;
  readonly position: number;
  readonly below: ReadonlySet<number>;
}

/** All nodes above some segments, each once: level by level, the root last. */
export function* nodesAbove(segments: Iterable<number>): Generator<NodeAbove, void, void> {
  let below = new Set(segments);
  for (let level = SEGMENT_LEVELS + 1; level <= TREE_LEVELS; level++) {
    const positions = new Set(Array.from(below, (position) => Math.floor(position / TREE_ARITY)));
    for (const position of positions) yield { level, position, below };
    below = positions;
  }
}

/** Where a tree reads what it has not set itself: another tree, or a store. */
export interface NodeSource {
  /** The node at a level (0: leaves) and position in it; `undefined` for one that was never set. */
  node(level: number, position: number): bigint | undefined;
}

/**
 * The sparse 8-ary state tree. A fork reads through to its parent until it is committed.
 *
 * A leaf changes its segment at once. The nodes above the segments are hashed when one of them is asked for: each once,
 * however many leaves changed below it.
 */
export class StateTree implements NodeSource {
  readonly #nodes = new Map<number, bigint>();
  readonly #parent: NodeSource | undefined;
  /** Segments that changed since the nodes above them were hashed. */
  readonly #stale = new Set<number>();

  constructor(parent?: NodeSource) {
    this.#parent = parent;
  }

  get root(): bigint {
    return this.node(TREE_LEVELS, 0);
  }

  leaf(index: number): bigint {
    return this.node(0, index);
  }

  /** The root of the subtree of that many levels that stands at a position among those of its level. */
  node(level: number, position: number): bigint {
    if (level > SEGMENT_LEVELS) this.settle();
    return this.#node(level, position);
  }

  #node(level: number, position: number): bigint {
    return this.#nodes.get(nodeKey(level, position)) ?? this.#parent?.node(level, position) ?? EMPTY_NODES[level]!;
  }

  /** The nodes that were set here and not committed, by `nodeKey`. */
  get changes(): ReadonlyMap<number, bigint> {
    this.settle();
    return this.#nodes;
  }

  /** The path from a node, or from a leaf, up to another level, or to the root. */
  path(position: number, from = 0, to = TREE_LEVELS): MerklePath {
    if (to > SEGMENT_LEVELS) this.settle();
    const path: bigint[][] = [];
    for (let level = from; level < to; level++) {
      position = Math.floor(position / TREE_ARITY);
      path.push(this.#children(level, position));
    }
    return path;
  }

  setLeaf(index: number, leaf: bigint): void {
    this.#set(0, index, leaf);
    let position = index;
    for (let level = 1; level <= SEGMENT_LEVELS; level++) {
      position = Math.floor(position / TREE_ARITY);
      this.#hash(level, position);
    }
    this.#stale.add(position);
  }

  /** Hashes the nodes above all segments that changed, which reading one of them does as well. */
  settle(): void {
    if (this.#stale.size > 0) finish(this.settleSteps());
  }

  /** As `settle`, a node at a time. The tree must not change meanwhile. */
  *settleSteps(): Steps<void> {
    for (const { level, position } of nodesAbove(this.#stale)) {
      this.#hash(level, position);
      yield;
    }
    this.#stale.clear();
  }

  fork(): StateTree {
    return new StateTree(this);
  }

  /** Writes this fork's nodes into its parent; does nothing if the parent is not a tree. */
  commit(): void {
    if (!(this.#parent instanceof StateTree)) return;
    for (const [key, node] of this.#nodes) this.#parent.#nodes.set(key, node);
    for (const segment of this.#stale) this.#parent.#stale.add(segment);
    this.#nodes.clear();
    this.#stale.clear();
  }

  /** The eight nodes of a level below the node at a position of the next one. */
  #children(level: number, parentPosition: number): bigint[] {
    return Array.from({ length: TREE_ARITY }, (_, child) => this.#node(level, parentPosition * TREE_ARITY + child));
  }

  #hash(level: number, position: number): void {
    this.#set(level, position, nodeOf(this.#children(level - 1, position)));
  }

  #set(level: number, position: number, node: bigint): void {
    this.#nodes.set(nodeKey(level, position), node);
  }
}

/** The root that a path leads to from a leaf; equal to the tree's root exactly if the leaf stands at the index. */
export function rootOfPath(index: number, leaf: bigint, path: MerklePath): bigint {
  return path.reduce((node, children, level) => nodeOf(children.with(placeAt(index, level), node)), leaf);
}

// Positions stay below 8^11 = 2^33, so level and position fit a safe integer side by side.
const POSITIONS = 2 ** (TREE_LEVELS * TREE_ARITY_BITS);

/** One safe integer for each node: `level * 2^33 + position`. */
export const nodeKey = (level: number, position: number): number => level * POSITIONS + position;

function emptyNodes(): bigint[] {
  const nodes: bigint[] = [EMPTY_LEAF];
  for (let level = 0; level < TREE_LEVELS; level++)
    nodes.push(nodeOf(new Array<bigint>(TREE_ARITY).fill(nodes[level]!)));
  return nodes;
}
