import { Fr } from "../../../protocol/field.ts";
import type { TestCircuit } from "./circuit.ts";
import type { LinearCombination } from "./constraints.ts";

/** The directions in which a witness can move, to first order, with its inputs held fixed. */
export interface Kernel {
  readonly dimension: number;
  /** One entry a basis vector: the signals that it moves. */
  readonly spans: readonly (readonly string[])[];
}

type Row = Map<number, bigint>;

/**
 * The kernel of the R1CS's Jacobian at a witness, over the wires that are not inputs.
 *
 * Dimension 0 means that the constraints leave no wire free to move: an intermediate value that nothing constrains, or
 * a slope at a division 0/0, shows up here. It says nothing of separate solutions, such as the other sign of a root.
 *
 * @param inputs names of the input signals that are held fixed; a name also stands for all elements of an array
 */
export function jacobianKernel(circuit: TestCircuit, witness: readonly bigint[], inputs: readonly string[]): Kernel {
  const fixed = new Set([0, ...inputs.flatMap((name) => circuit.wiresOf(name))]);
  const rows = differentials(circuit, witness, fixed);
  const moving = withoutForced(rows, circuit.counts.wires, fixed);
  const pivots = eliminate(rows.filter((row) => row.size > 0));
  const free = moving.filter((wire) => !pivots.has(wire));
  const spans = free.map((wire) => [
    circuit.nameOf(wire),
    ...[...pivots].filter(([, row]) => row.has(wire)).map(([pivot]) => circuit.nameOf(pivot)),
  ]);
  return { dimension: free.length, spans };
}

/** Of each constraint `a · b = c` its differential `b · da + a · db - dc`, without the wires that are fixed. */
function differentials(circuit: TestCircuit, witness: readonly bigint[], fixed: ReadonlySet<number>): Row[] {
  return circuit.constraints.map(([a, b, c]) => {
    const row: Row = new Map();
    const add = (combination: LinearCombination, factor: bigint): void => {
      for (const [wire, coefficient] of combination) {
        if (!fixed.has(wire)) row.set(wire, (row.get(wire) ?? 0n) + coefficient * factor);
      }
    };
    add(a, circuit.evaluate(b, witness));
    add(b, circuit.evaluate(a, witness));
    add(c, -1n);
    for (const [wire, value] of row) {
      if (Fr.is0(Fr.create(value))) row.delete(wire);
      else row.set(wire, Fr.create(value));
    }
    return row;
  });
}

/**
 * Strikes the wires that cannot move because a row has no other, until there are none; returns those that are left.
 * It follows the order of computation, so that hardly anything is left for the elimination.
 */
function withoutForced(rows: readonly Row[], wires: number, fixed: ReadonlySet<number>): number[] {
  const rowsOf = new Map<number, Row[]>();
  for (const row of rows) for (const wire of row.keys()) rowsOf.set(wire, [...(rowsOf.get(wire) ?? []), row]);
  const struck = new Set(fixed);
  const queue = rows.filter((row) => row.size === 1);
  for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
    for (const wire of [...row.keys()]) {
      struck.add(wire);
      for (const other of rowsOf.get(wire) ?? []) if (other.delete(wire) && other.size === 1) queue.push(other);
    }
  }
  return Array.from({ length: wires }, (_, wire) => wire).filter((wire) => !struck.has(wire));
}

/** Gauss-Jordan elimination, shortest row first: each pivot's wire with the rest of its row. */
function eliminate(rows: Row[]): Map<number, Row> {
  const pivots = new Map<number, Row>();
  const left = [...rows];
  while (left.length > 0) {
    left.sort((a, b) => b.size - a.size);
    const row = left.pop()!;
    const entry = row.entries().next().value;
    if (entry === undefined) continue;
    const [pivot, value] = entry;
    const inverse = Fr.inv(value);
    for (const [wire, coefficient] of row) row.set(wire, Fr.mul(coefficient, inverse));
    for (const other of [...left, ...pivots.values()]) {
      const factor = other.get(pivot);
      if (factor === undefined) continue;
      for (const [wire, coefficient] of row) {
        const result = Fr.sub(other.get(wire) ?? 0n, Fr.mul(factor, coefficient));
        if (Fr.is0(result)) other.delete(wire);
        else other.set(wire, result);
      }
    }
    row.delete(pivot);
    pivots.set(pivot, row);
  }
  return pivots;
}
