import { EMPTY_LEAF } from "./account.ts";
import { SEGMENT_LEVELS, TREE_ARITY, TREE_ARITY_BITS, TREE_LEVELS } from "./constants.ts";
import { nodeOf } from "./wide-poseidon.ts";

/** Root of an empty subtree by height: `EMPTY_NODES[0]` is an empty leaf, `EMPTY_NODES[TREE_LEVELS]` the genesis root. */
export const EMPTY_NODES: readonly bigint[] = emptyNodes();

/** The segment that an index lies in: the place of its subtree of `SEGMENT_LEVELS` levels. */
export const segmentOf = (index: number): number => Math.floor(index / TREE_ARITY ** SEGMENT_LEVELS);

/** A path from leaf to root: for each level, lowest first, the eight children of the node above the path. */
export type MerklePath = readonly (readonly bigint[])[];

/** Where a tree reads what it has not set itself: another tree, or a store. */
export interface NodeSource {
  /** The node at a level (0: leaves) and position in it; `undefined` for one that was never set. */
  node(level: number, position: number): bigint | undefined;
}

/** The sparse 8-ary state tree. A fork reads through to its parent until it is committed. */
export class StateTree implements NodeSource {
  readonly #nodes = new Map<number, bigint>();
  readonly #parent: NodeSource | undefined;

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
    return this.#nodes.get(nodeKey(level, position)) ?? this.#parent?.node(level, position) ?? EMPTY_NODES[level]!;
  }

  /** The nodes that were set here and not committed, by `nodeKey`. */
  get changes(): ReadonlyMap<number, bigint> {
    return this.#nodes;
  }

  /** The path from a node, or from a leaf, up to another level, or to the root. */
  path(position: number, from = 0, to = TREE_LEVELS): MerklePath {
    const path: bigint[][] = [];
    for (let level = from; level < to; level++) {
      position = Math.floor(position / TREE_ARITY);
      path.push(this.#children(level, position));
    }
    return path;
  }

  setLeaf(index: number, leaf: bigint): void {
    this.setNode(0, index, leaf);
  }

  /** Replaces a node on the way to the root; the nodes below it stay as they were. */
  setNode(from: number, position: number, node: bigint): void {
    this.#set(from, position, node);
    for (let level = from; level < TREE_LEVELS; level++) {
      position = Math.floor(position / TREE_ARITY);
      this.#set(level + 1, position, nodeOf(this.#children(level, position)));
    }
  }

  fork(): StateTree {
    return new StateTree(this);
  }

  /** Writes this fork's nodes into its parent; does nothing if the parent is not a tree. */
  commit(): void {
    if (!(this.#parent instanceof StateTree)) return;
    for (const [key, node] of this.#nodes) this.#parent.#nodes.set(key, node);
    this.#nodes.clear();
  }

  #children(level: number, parentPosition: number): bigint[] {
    return Array.from({ length: TREE_ARITY }, (_, child) => this.node(level, parentPosition * TREE_ARITY + child));
  }

  #set(level: number, position: number, node: bigint): void {
    this.#nodes.set(nodeKey(level, position), node);
  }
}

/** The root that a path leads to from a leaf; equal to the tree's root exactly if the leaf stands at the index. */
export function rootOfPath(index: number, leaf: bigint, path: MerklePath): bigint {
  return path.reduce((node, children, level) => {
    const place = Math.floor(index / TREE_ARITY ** level) % TREE_ARITY;
    return nodeOf(children.with(place, node));
  }, leaf);
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
