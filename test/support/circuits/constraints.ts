import { fromLittleEndian } from "../../../lib/little-endian.ts";
import { visitTerms, type R1csFile } from "../../../prover/files/r1cs.ts";

/** A linear combination: pairs of wire and coefficient. Wire 0 is the constant 1. */
export type LinearCombination = readonly (readonly [wire: number, coefficient: bigint])[];

/** `A · B = C` */
export type Constraint = readonly [LinearCombination, LinearCombination, LinearCombination];

/** The constraints in order. */
export function constraintsOf(file: R1csFile): readonly Constraint[] {
  const constraints = Array.from({ length: file.constraints }, (): [number, bigint][][] => [[], [], []]);
  visitTerms(file, (matrix, constraint, wire, at) => {
    constraints[constraint]![matrix]!.push([wire, fromLittleEndian(file.bytes.subarray(at, at + 32))]);
  });
  return constraints as unknown as readonly Constraint[];
}
