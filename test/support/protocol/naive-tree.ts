import { nodeOf } from "../../../protocol/wide-poseidon.ts";

/** The state root by its definition, from the non-empty leaves alone: 8-ary, 11 levels, lowest index bits first. */
export function naiveRoot(leaves: ReadonlyMap<number, bigint>): bigint {
  let nodes = leaves;
  let empty = 0n;
  for (let level = 0; level < 11; level++) {
    const parents = new Map<number, bigint>();
    for (const position of nodes.keys()) {
      const parent = Math.floor(position / 8);
      const children = [0, 1, 2, 3, 4, 5, 6, 7].map((place) => nodes.get(8 * parent + place) ?? empty);
      parents.set(parent, nodeOf(children));
    }
    empty = nodeOf([empty, empty, empty, empty, empty, empty, empty, empty]);
    nodes = parents;
  }
  return nodes.get(0) ?? empty;
}
