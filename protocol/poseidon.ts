import narrow from "./generated/poseidon-narrow.ts";
import { instantiatePoseidon } from "./poseidon-module.ts";

const hash = await instantiatePoseidon(narrow);

/**
 * Poseidon with 1, 2, 4 or 5 inputs, as circomlib's `Poseidon(n)` (https://eprint.iacr.org/2019/458). More of them are in
 * `wide-poseidon.ts`, whose constants are larger.
 */
export const poseidon = (inputs: readonly bigint[]): bigint => hash(inputs);
