import { TREE_ARITY } from "./constants.ts";

/** A path from leaf to root: for each level, lowest first, the eight children of the node above the path. */
export type MerklePath = readonly (readonly bigint[])[];

/** Which of the eight below the same node the node at a level of an index's path is. */
export const placeAt = (index: number, level: number): number => Math.floor(index / TREE_ARITY ** level) % TREE_ARITY;

/** A path without the nodes on it: for each level, lowest first, the seven beside it in their order. */
export const siblingsOf = (index: number, path: MerklePath): bigint[][] =>
  path.map((children, level) => children.toSpliced(placeAt(index, level), 1));
