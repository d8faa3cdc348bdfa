import { buildPoseidon } from "circomlibjs";
import { SPONGE_RATE } from "./constants.ts";

// circomlibjs works on Montgomery bytes; this module is the one place that sees them.
const montgomeryPoseidon = await buildPoseidon();
const { F } = montgomeryPoseidon;

/** Poseidon with 1 to 16 inputs, as circomlib's `Poseidon(n)` (https://eprint.iacr.org/2019/458). */
export function poseidon(inputs: readonly bigint[]): bigint {
  return F.toObject(montgomeryPoseidon(inputs));
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
    chaining = F.toObject(montgomeryPoseidon(block, chaining));
  }
  return chaining;
}
