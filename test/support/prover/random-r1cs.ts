import { FIELD_ORDER } from "../../../protocol/constants.ts";
import type { seeded } from "../random.ts";
import type { Combination, Constraints } from "./r1cs-file.ts";

export interface CircuitShape {
  readonly constraints: number;
  /** Wires of the constraints, the constant's and the public ones among them. */
  readonly wires: number;
  /** Wires that no constraint has. */
  readonly freeWires: number;
  readonly outputs: number;
  readonly publicInputs: number;
}

/** Constraints that nothing may satisfy: for what depends on their form alone. */
export function randomConstraints(
  { constraints, wires, freeWires, ...counts }: CircuitShape,
  random: ReturnType<typeof seeded>,
): Constraints {
  const below = (bound: number): number => Number(random.below(BigInt(bound)));
  const combination = (): Combination => Array.from({ length: below(5) }, () => [below(wires), coefficient(random)]);
  return {
    ...counts,
    wires: wires + freeWires,
    constraints: Array.from({ length: constraints }, () => [combination(), combination(), combination()]),
  };
}

/** Mostly of the kinds that circom writes; now and then 0, or above the field's order. */
function coefficient({ below, field }: ReturnType<typeof seeded>): bigint {
  const small = below(2n ** 70n);
  const kinds = [1n, FIELD_ORDER - 1n, 2n, small, FIELD_ORDER - small, 2n ** 127n, 0n, FIELD_ORDER, 2n ** 256n - 1n];
  return kinds[Number(below(20n))] ?? field();
}
