import { littleEndian } from "../../lib/little-endian.ts";
import { Fr } from "../../protocol/field.ts";
import type { CurveMemory } from "./curve-memory.ts";
import { SCALAR_BYTES } from "./curve-memory.ts";

/** A coset `{ shift · root^i }` of the subgroup that `root` generates, of `count` elements. */
export interface Coset {
  readonly shift: bigint;
  readonly root: bigint;
  readonly count: number;
}

/** Puts a field element into the memory in Montgomery form; returns its address. */
export function putElement(memory: CurveMemory, value: bigint): number {
  const at = memory.allocate(SCALAR_BYTES);
  memory.read(at, SCALAR_BYTES).set(littleEndian(value));
  memory.kernel("frm_toMontgomery")(at, at);
  return at;
}

/**
 * Computes `factor · x / (tau - x)` for each x of a coset, with a single inversion. With `lagrangeFactor` these are
 * Lagrange polynomials at tau: of the coset's own points, over the subgroup that contains the coset.
 *
 * @returns the address of the values, in Montgomery form
 */
export function lagrangeAt(memory: CurveMemory, tau: bigint, factor: bigint, coset: Coset): number {
  const mul = memory.kernel("frm_mul");
  const sub = memory.kernel("frm_sub");
  const size = coset.count * SCALAR_BYTES;
  const point = putElement(memory, coset.shift);
  const step = putElement(memory, coset.root);
  const scale = putElement(memory, factor);
  const target = putElement(memory, tau);
  const values = memory.allocate(size);
  const differences = memory.allocate(size, size + SCALAR_BYTES);
  for (let at = 0; at < size; at += SCALAR_BYTES) {
    mul(point, scale, values + at);
    sub(target, point, differences + at);
    mul(point, step, point);
  }
  memory.kernel("frm_batchInverse")(differences, SCALAR_BYTES, coset.count, differences, SCALAR_BYTES);
  for (let at = 0; at < size; at += SCALAR_BYTES) mul(values + at, differences + at, values + at);
  return values;
}

/** `(tau^n - 1) / n`, the factor for the subgroup of order n. It is 0 if tau lies in the subgroup. */
export function lagrangeFactor(tau: bigint, n: number): bigint {
  return Fr.div(Fr.sub(Fr.pow(tau, BigInt(n)), 1n), BigInt(n));
}
