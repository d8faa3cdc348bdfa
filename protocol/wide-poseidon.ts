import { SPONGE_RATE, TREE_ARITY } from "./constants.ts";
import wide from "./generated/poseidon-wide.ts";
import { instantiatePoseidon } from "./poseidon-module.ts";

const hash = await instantiatePoseidon(wide);

/** A node of the tree: Poseidon of its 8 children, as circomlib's `Poseidon(8)`. */
export function nodeOf(children: readonly bigint[]): bigint {
  if (children.length !== TREE_ARITY) throw new RangeError(`a node has ${TREE_ARITY} children, not ${children.length}`);
  return hash(children);
}

/**
 * The commitment `c` to a batch: blocks of 16 elements, the last one padded with zeros, each permuted behind the
 * chaining value that lane 0 held after the block before it. The number of elements is fixed by the batch size, so
 * no length needs to be absorbed.
 */
export function poseidonSponge(elements: readonly bigint[]): bigint {
  let chaining = 0n;
  for (let start = 0; start < elements.length; start += SPONGE_RATE) {
    const block = elements.slice(start, start + SPONGE_RATE);
    while (block.length < SPONGE_RATE) block.push(0n);
    chaining = hash(block, chaining);
  }
  return chaining;
}
