import { randomBytes } from "node:crypto";
import { FIELD_ORDER } from "../../protocol/constants.ts";

/**
 * The trapdoor of a Groth16 key ("toxic waste"): anybody who knows it can prove anything. Gamma is 1, as in snarkjs' keys.
 */
export interface Trapdoor {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly delta: bigint;
}

/** Draws a trapdoor from the system's random source. */
export function drawTrapdoor(): Trapdoor {
  return { tau: drawScalar(), alpha: drawScalar(), beta: drawScalar(), delta: drawScalar() };
}

/** Uniform in `[2, r)` but for a bias below 2^-128: 0 and 1 would make a key's parts coincide. */
function drawScalar(): bigint {
  const bytes = randomBytes(48);
  const value = 2n + (BigInt(`0x${bytes.toString("hex")}`) % (FIELD_ORDER - 2n));
  bytes.fill(0);
  return value;
}
