import type { R1csFile } from "../files/r1cs.ts";
import type { GroupName } from "./curve-memory.ts";
import { affineBytes, SCALAR_BYTES } from "./curve-memory.ts";

/** A range of scalars or points: first and number. */
export type Range = readonly [first: number, count: number];

/** Where each part of a Groth16 key stands among its scalars and points. The parts have snarkjs' names. */
export interface KeyLayout {
  /** The domain has 2^domainPower elements. */
  readonly domainPower: number;
  readonly G1: Readonly<Record<"alpha" | "beta" | "delta" | "IC" | "C" | "A" | "B1" | "H", Range>>;
  readonly G2: Readonly<Record<"beta" | "gamma" | "delta" | "B2", Range>>;
  /** Number of points of each group. */
  readonly count: Readonly<Record<GroupName, number>>;
}

/**
 * The power of 2 that a circuit's domain has as its size. Besides the constraints it holds a row for the constant and
 * for each public signal: those make the public wires' polynomials independent.
 */
export const domainPowerOf = (constraints: number, publicSignals: number): number =>
  Math.floor(Math.log2(constraints + publicSignals)) + 1;

export function layoutOf({ wires, publicSignals, constraints }: R1csFile): KeyLayout {
  const domainPower = domainPowerOf(constraints, publicSignals);
  const header = 3;
  return {
    domainPower,
    G1: {
      alpha: [0, 1],
      beta: [1, 1],
      delta: [2, 1],
      IC: [header, publicSignals + 1],
      C: [header + publicSignals + 1, wires - publicSignals - 1],
      A: [header + wires, wires],
      B1: [header + 2 * wires, wires],
      H: [header + 3 * wires, 2 ** domainPower],
    },
    G2: { beta: [0, 1], gamma: [1, 1], delta: [2, 1], B2: [header, wires] },
    count: { G1: header + 3 * wires + 2 ** domainPower, G2: header + wires },
  };
}

export function scalarsIn(scalars: SharedArrayBuffer, [first, count]: Range): Uint8Array {
  return new Uint8Array(scalars, first * SCALAR_BYTES, count * SCALAR_BYTES);
}

export function pointsIn(group: GroupName, points: Uint8Array, [first, count]: Range): Uint8Array {
  return points.subarray(first * affineBytes(group), (first + count) * affineBytes(group));
}
