import { Fr } from "../../../protocol/field.ts";
import type { TestCircuit } from "./circuit.ts";
import type { LinearCombination } from "./constraints.ts";

/**
 * The witness that follows from some chosen values: as a cheating prover, who is bound by the constraints alone and
 * not by circom's hints. Wherever a constraint has one unknown wire left and is linear in it, that wire is computed.
 * Choices that break a constraint are not noticed here; ask `circuit.violated`.
 *
 * @param chosen values of signals, by name; an array signal's elements are named one by one
 * @throws Error naming a signal that the constraints do not determine: choose its value too
 */
export function completeWitness(circuit: TestCircuit, chosen: Readonly<Record<string, bigint>>): bigint[] {
  const values: (bigint | undefined)[] = new Array<undefined>(circuit.counts.wires).fill(undefined);
  const missing = circuit.constraints.map(() => 0);
  const readers = new Map<number, number[]>();
  circuit.constraints.forEach((constraint, index) => {
    const wires = new Set(constraint.flatMap((combination) => combination.map(([wire]) => wire)));
    missing[index] = wires.size;
    for (const wire of wires) readers.set(wire, [...(readers.get(wire) ?? []), index]);
  });

  const ready: number[] = [];
  const assign = (wire: number, value: bigint): void => {
    if (values[wire] !== undefined) return;
    values[wire] = Fr.create(value);
    for (const index of readers.get(wire) ?? []) if (--missing[index]! === 1) ready.push(index);
  };
  assign(0, 1n);
  for (const [name, value] of Object.entries(chosen)) assign(circuit.wire(name), value);

  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    if (missing[index] !== 1) continue;
    const [a, b, c] = circuit.constraints[index]!.map((combination) => split(combination, values)) as [
      Line,
      Line,
      Line,
    ];
    const wire = a.unknown ?? b.unknown ?? c.unknown!;
    const slope = Fr.create(a.slope * b.constant + a.constant * b.slope - c.slope);
    if (!Fr.is0(Fr.mul(a.slope, b.slope)) || Fr.is0(slope)) continue;
    assign(wire, Fr.div(Fr.create(c.constant - a.constant * b.constant), slope));
  }

  return values.map((value, wire) => {
    if (value === undefined) throw new Error(`The constraints do not determine ${circuit.nameOf(wire)}`);
    return value;
  });
}

/** `constant + slope * unknown` */
interface Line {
  constant: bigint;
  slope: bigint;
  unknown: number | undefined;
}

function split(combination: LinearCombination, values: readonly (bigint | undefined)[]): Line {
  const line: Line = { constant: 0n, slope: 0n, unknown: undefined };
  for (const [wire, coefficient] of combination) {
    const value = values[wire];
    if (value !== undefined) line.constant += coefficient * value;
    else [line.slope, line.unknown] = [coefficient, wire];
  }
  line.constant = Fr.create(line.constant);
  return line;
}
