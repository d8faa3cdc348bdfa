import { expect } from "chai";
import type { CircuitInput, TestCircuit } from "./circuit.ts";
import { Recomputation } from "./hints.ts";

/**
 * Expects that an input is kept out by these guards and by nothing else. If a guard were taken out of the circuit, the
 * rest of its constraints would accept the witness; and if it has been taken out, this fails.
 *
 * @param guards one text a guard, as `brokenGuards` makes them
 * @returns the forged witness
 */
export async function expectForgery(circuit: TestCircuit, input: CircuitInput, guards: readonly string[]) {
  const witness = await circuit.forge(input);
  expect(brokenGuards(circuit, witness)).to.have.members(guards);
  return witness;
}

/** Expects that an input is kept out by a guard, perhaps among others that the change breaks as well. */
export async function expectRefused(circuit: TestCircuit, input: CircuitInput, guard: RegExp | string): Promise<void> {
  const guards = brokenGuards(circuit, await circuit.forge(input));
  const isIt = (text: string): boolean => (typeof guard === "string" ? text === guard : guard.test(text));
  expect(guards.some(isIt), `${guard} is among ${JSON.stringify(guards)}`).to.be.true;
}

/** That the leaf is not the one on the path. */
export const OTHER_LEAF = /TreePath\.TreeLevel\[0\]\.change\[\*\]/;

/**
 * Names the constraints that a witness violates by the signals in them, sorted: `balance[1], exists` for
 * `(1 - exists) * balance[1] === 0`. A long array's elements become `name[*]`; numbers that circom gives to anonymous
 * components are left out: `RangeCheck.bit[*], amount` for a range check on `amount`.
 */
export function brokenGuards(circuit: TestCircuit, witness: readonly bigint[]): string[] {
  return [...new Set(circuit.violated(witness).map((index) => signalsOf(circuit, index)))];
}

const SHORT_ARRAY = 4;

/** The signals of a constraint, as `brokenGuards` writes them. */
export function signalsOf(circuit: TestCircuit, index: number): string {
  const wires = new Set(circuit.constraints[index]!.flatMap((part) => part.map(([wire]) => wire)));
  wires.delete(0);
  const arrays = new Map<string, string[]>();
  for (const wire of wires) {
    const name = circuit.nameOf(wire).replace(/_\d+_\d+(?=[.[])/g, "");
    const array = name.replace(/\[\d+\]$/, "");
    arrays.set(array, [...(arrays.get(array) ?? []), name]);
  }
  const names = [...arrays].flatMap(([array, members]) => (members.length > SHORT_ARRAY ? [`${array}[*]`] : members));
  return names.sort().join(", ");
}

/** The indices of the constraints that `brokenGuards` writes like this. */
export function constraintsOf(circuit: TestCircuit, guard: string): number[] {
  const indices = circuit.constraints.flatMap((_, index) => (signalsOf(circuit, index) === guard ? [index] : []));
  if (indices.length === 0) throw new Error(`No constraint has exactly the signals ${guard}`);
  return indices;
}

/**
 * As `expectForgery`, for a prover who gives other values than circom's hints: he changes some signals of the witness of
 * a valid input and computes everything that depends on them anew, as if the guards were not there.
 *
 * @param changes values of signals by name; inputs that are not named keep theirs
 */
export async function expectCheat(
  circuit: TestCircuit,
  input: CircuitInput,
  changes: Readonly<Record<string, bigint>>,
  guards: readonly string[],
): Promise<bigint[]> {
  const witness = await circuit.witness(input);
  const changed = new Map(Object.entries(changes).map(([name, value]) => [circuit.wire(name), value]));
  const known = [...Object.keys(input).flatMap((name) => circuit.wiresOf(name)), ...changed.keys()];
  const ignoring = guards.flatMap((guard) => constraintsOf(circuit, guard));
  const { witness: forged } = new Recomputation(circuit, witness, known, ignoring).after(changed);
  expect(brokenGuards(circuit, forged)).to.have.members(guards);
  return forged;
}

/** The values that signals have in a witness, to be kept among other changes. */
export function kept(circuit: TestCircuit, witness: readonly bigint[], ...names: string[]): Record<string, bigint> {
  const wires = names.flatMap((name) => circuit.wiresOf(name));
  return Object.fromEntries(wires.map((wire) => [circuit.nameOf(wire), witness[wire]!]));
}
