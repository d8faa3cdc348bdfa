import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import type { TestCircuit } from "./circuit.ts";
import type { Constraint, LinearCombination } from "./constraints.ts";

/** What no rule below can see in the constraints, by signals' names. Each is argued in docs/circuits. */
export interface Lemmas {
  /** Signals that are bits, though no constraint of their own says so. */
  readonly bits: RegExp;
  /** Signals of which the values fix those of others. */
  readonly openings: readonly (readonly [of: readonly string[], fixes: readonly string[]])[];
}

/** An S-box outside a permutation is of one value, and of what says which place of a node it has. */
const MOST_IN_SBOX = 16;

/** No sum that is opened has more parts. */
const MOST_PARTS = 64;

/** `Poseidon(…)`'s permutation: its output, and what its first S-boxes gave it, as combinations of wires. */
interface Permutation {
  readonly out: number;
  readonly inputs: readonly LinearCombination[];
}

/** `out = L^5` */
interface Sbox {
  readonly out: number;
  readonly of: LinearCombination;
}

/**
 * Which wires have one value only, given those of others. It is the other direction of a witness's computation: from a
 * hash to what was hashed, from a sum to its parts. So it answers what a commitment binds. The rules are
 *
 * - a constraint with one unknown wire, in which it is linear with a slope that is not 0 at the witness, fixes that wire;
 * - a hash's output fixes its inputs, or there is a collision; and x^5 is a bijection;
 * - a known sum of parts that are in ranges which do not overlap fixes the parts: the ranges are those that the circuit checks;
 * - the lemmas.
 */
export class Determined {
  readonly #circuit: TestCircuit;
  /** For each constraint how many wires it has. */
  readonly #wires: readonly number[];
  readonly #readers: readonly (readonly number[])[];
  readonly #sizes: readonly (bigint | undefined)[];
  readonly #sboxes = new Map<number, LinearCombination>();
  readonly #permutations = new Map<number, readonly LinearCombination[]>();
  readonly #openings: readonly (readonly [of: readonly number[], fixes: readonly number[]])[];

  constructor(circuit: TestCircuit, { bits, openings }: Lemmas) {
    this.#circuit = circuit;
    const wiresOf = circuit.constraints.map((parts) => new Set(parts.flatMap((part) => part.map(([wire]) => wire))));
    this.#wires = wiresOf.map(({ size }) => size);
    this.#readers = readersOf(circuit.counts.wires, wiresOf);
    this.#sizes = sizesOf(circuit, bits);
    for (const { out, of } of sboxesOf(circuit)) this.#sboxes.set(out, of);
    for (const { out, inputs } of permutationsOf(circuit)) this.#permutations.set(out, inputs);
    const wires = (names: readonly string[]): number[] => names.map((name) => circuit.wire(name));
    this.#openings = openings.map(([of, fixes]) => [wires(of), wires(fixes)]);
  }

  /** The wires that have one value at this witness, given that these have: with the constant, and themselves. */
  by(witness: readonly bigint[], wires: Iterable<number>): ReadonlySet<number> {
    const known = new Set<number>();
    const unknown = [...this.#wires];
    const waiting: number[] = [];
    const learn = (wire: number): void => {
      if (known.has(wire)) return;
      known.add(wire);
      waiting.push(wire);
    };
    const learnIfOne = (combination: LinearCombination): void => {
      const unknown = combination.filter(([wire]) => !known.has(wire));
      if (unknown.length === 1) learn(unknown[0]![0]);
    };
    learn(0);
    for (const wire of wires) learn(wire);
    // S-boxes and permutations of which the output is known, and an input is not yet.
    const opened: (() => void)[] = [];
    for (;;) {
      // Wires are counted off once each, as they come from the list.
      for (let wire = waiting.pop(); wire !== undefined; wire = waiting.pop()) {
        for (const constraint of this.#readers[wire]!) {
          unknown[constraint]!--;
          if (this.#mayFix(constraint, unknown[constraint]!)) this.#solved(constraint, witness, known).forEach(learn);
        }
        const sbox = this.#sboxes.get(wire);
        if (sbox !== undefined) opened.push(() => learnIfOne(sbox));
        const inputs = this.#permutations.get(wire);
        if (inputs !== undefined) opened.push(() => this.#inputsOf(inputs, known).forEach(learn));
      }
      for (const open of opened) open();
      for (const [of, fixes] of this.#openings) if (of.every((wire) => known.has(wire))) fixes.forEach(learn);
      if (waiting.length === 0) return known;
    }
  }

  /** Whether it is worth while to look at a constraint with so many unknown wires: one, a factor of 0 and one, or parts. */
  #mayFix(constraint: number, unknown: number): boolean {
    return (
      unknown > 0 && (unknown <= 2 || (unknown <= MOST_PARTS && this.#circuit.constraints[constraint]![0].length === 0))
    );
  }

  /** The unknown wires that a constraint fixes. */
  #solved(constraint: number, witness: readonly bigint[], known: ReadonlySet<number>): readonly number[] {
    const slopes = this.#slopes(constraint, witness, known);
    if (slopes === undefined) return [];
    const unknown = [...slopes];
    return unknown.length <= 1 || this.#opensInOneWay(unknown) ? unknown.map(([wire]) => wire) : [];
  }

  /** The slopes, not 0, of the unknown wires of a constraint that is linear in them; undefined if it is not. */
  #slopes(constraint: number, witness: readonly bigint[], known: ReadonlySet<number>): Map<number, bigint> | undefined {
    const [a, b, c] = this.#circuit.constraints[constraint]!;
    const isKnown = (combination: LinearCombination): boolean => combination.every(([wire]) => known.has(wire));
    if (!isKnown(a) && !isKnown(b)) return undefined;
    const slopes = new Map<number, bigint>();
    const add = (combination: LinearCombination, factor: bigint): void => {
      for (const [wire, coefficient] of combination) {
        if (!known.has(wire)) slopes.set(wire, Fr.create((slopes.get(wire) ?? 0n) + coefficient * factor));
      }
    };
    if (!isKnown(a)) add(a, this.#circuit.evaluate(b, witness));
    if (!isKnown(b)) add(b, this.#circuit.evaluate(a, witness));
    add(c, -1n);
    for (const [wire, slope] of slopes) if (slope === 0n) slopes.delete(wire);
    return slopes;
  }

  /** Whether a known sum of these has one decomposition: each part's unit is more than all below it can reach. */
  #opensInOneWay(parts: readonly (readonly [wire: number, slope: bigint])[]): boolean {
    const sizes = parts.map(([wire]) => this.#sizes[wire]);
    if (sizes.includes(undefined)) return false;
    return parts.some(([, unit]) => {
      const scaled = parts
        .map(([, slope], i) => ({ slope: Fr.div(slope, unit), size: sizes[i]! }))
        .sort((one, other) => (one.slope < other.slope ? -1 : 1));
      let reach = 0n;
      for (const { slope, size } of scaled) {
        if (slope <= reach) return false;
        reach += slope * (size - 1n);
      }
      return reach < FIELD_ORDER;
    });
  }

  /** The unknown wires in a permutation's inputs, if there is at most one to an input. */
  #inputsOf(inputs: readonly LinearCombination[], known: ReadonlySet<number>): readonly number[] {
    const unknown = new Set(inputs.flatMap((input) => input.map(([wire]) => wire).filter((wire) => !known.has(wire))));
    return unknown.size <= inputs.length ? [...unknown] : [];
  }
}

/** For each wire the constraints that have it. */
function readersOf(wires: number, wiresOf: readonly ReadonlySet<number>[]): number[][] {
  const readers = Array.from({ length: wires }, (): number[] => []);
  wiresOf.forEach((others, constraint) => others.forEach((wire) => readers[wire]!.push(constraint)));
  return readers;
}

/** Of wires that the constraints keep in a range `0 … size - 1` that size. */
function sizesOf(circuit: TestCircuit, bits: RegExp): (bigint | undefined)[] {
  const { constraints, counts } = circuit;
  const sizes = new Array<bigint | undefined>(counts.wires).fill(undefined);
  for (let wire = 1; wire < counts.wires; wire++) if (bits.test(circuit.nameOf(wire))) sizes[wire] = 2n;
  const booleans = constraints.map(booleanOf).filter((boolean) => boolean !== undefined);
  for (const boolean of booleans) if (boolean.length === 1) sizes[boolean[0]![0]] = 2n;
  // RangeCheck's top bit is what is left of its input.
  for (const boolean of booleans.filter(({ length }) => length > 1)) {
    const [input, ...others] = boolean.filter(([wire]) => sizes[wire] !== 2n);
    const scale = Fr.inv(input![1]);
    const units = boolean.filter((term) => term !== input).map(([, slope]) => Fr.neg(Fr.mul(slope, scale)));
    const sorted = units.toSorted((one, other) => (one < other ? -1 : 1));
    if (others.length > 0 || sorted.some((unit, bit) => unit !== 2n ** BigInt(bit))) continue;
    if (scale === 2n ** BigInt(sorted.length)) sizes[input![0]] = 2n ** BigInt(sorted.length + 1);
  }
  // What is a sum of such wires, or a product of two, has a range as well.
  for (let more = true; more;) {
    more = false;
    for (const [a, b, c] of constraints) {
      for (const [wire, slope] of c) {
        if (wire === 0 || sizes[wire] !== undefined) continue;
        const size = a.length === 0 ? sumOf(c, wire, slope, sizes) : productOf(a, b, c, sizes);
        if (size === undefined || size >= FIELD_ORDER) continue;
        sizes[wire] = size;
        more = true;
      }
    }
  }
  return sizes;
}

/** L in `L · (L - 1) = 0`. */
function booleanOf([a, b, c]: Constraint): LinearCombination | undefined {
  if (c.length > 0 || a.length === 0) return undefined;
  // circom changes signs as it likes.
  const candidates = [a, b, negated(a), negated(b)];
  return candidates.find((low) => {
    if (low.some(([wire]) => wire === 0)) return false;
    const key = keyOf([...low, [0, Fr.neg(1n)]]);
    return candidates.some((high) => keyOf(high) === key);
  });
}

/** The size of a wire that a linear constraint makes a sum of wires with sizes. */
function sumOf(
  terms: LinearCombination,
  wire: number,
  slope: bigint,
  sizes: readonly (bigint | undefined)[],
): bigint | undefined {
  const others = terms.filter(([other]) => other !== wire);
  if (others.some(([other]) => other !== 0 && sizes[other] === undefined)) return undefined;
  const scale = Fr.neg(Fr.inv(slope));
  let size = 1n;
  for (const [other, coefficient] of others) {
    size += Fr.mul(coefficient, scale) * (other === 0 ? 1n : sizes[other]! - 1n);
    if (size >= FIELD_ORDER) return undefined;
  }
  return size;
}

function productOf(
  a: LinearCombination,
  b: LinearCombination,
  c: LinearCombination,
  sizes: readonly (bigint | undefined)[],
): bigint | undefined {
  if (c.length !== 1 || a.length !== 1 || b.length !== 1) return undefined;
  const [[one, first], [other, second]] = [a[0]!, b[0]!];
  if (Fr.create(first * second) !== c[0]![1] || sizes[one] === undefined || sizes[other] === undefined)
    return undefined;
  return (sizes[one] - 1n) * (sizes[other] - 1n) + 1n;
}

const negated = (combination: LinearCombination): LinearCombination =>
  combination.map(([wire, coefficient]) => [wire, Fr.neg(coefficient)]);

const keyOf = (combination: LinearCombination): string =>
  combination
    .map(([wire, coefficient]) => `${wire}:${coefficient}`)
    .sort()
    .join();

/** The same for L and -L. */
function squareKeyOf(combination: LinearCombination): string {
  const keys = [combination, negated(combination)].map(keyOf);
  return keys[0]! < keys[1]! ? keys[0]! : keys[1]!;
}

/** `s = L · L`, `f = s · s`, `out = f · L` */
function* sboxesOf({ constraints }: TestCircuit): Iterable<Sbox> {
  const squares = new Map<string, number>();
  const isSquare = (a: LinearCombination, b: LinearCombination): boolean =>
    a.length === b.length && a.length <= MOST_IN_SBOX && squareKeyOf(a) === squareKeyOf(b);
  for (const [a, b, c] of constraints) {
    if (c.length === 1 && isSquare(a, b)) squares.set(squareKeyOf(a), c[0]![0]);
  }
  for (const [a, b, c] of constraints) {
    for (const [fourth, base] of [
      [a, b],
      [b, a],
    ] as const) {
      if (c.length !== 1 || fourth.length !== 1 || base.length > MOST_IN_SBOX) continue;
      const square = squares.get(squareKeyOf(base));
      if (square === undefined) continue;
      const square2 = squares.get(squareKeyOf([[square, 1n]]));
      if (square2 === fourth[0]![0]) yield { out: c[0]![0], of: base };
    }
  }
}

/** By the names that `PermutationAfterFirstSbox` gives its S-boxes in the second round and in the last one. */
function* permutationsOf(circuit: TestCircuit): Iterable<Permutation> {
  const first = new Map<string, LinearCombination[]>();
  const outs = new Map<string, number>();
  const placeOf = (wire: number): RegExpExecArray | null =>
    /^(.*)\.full\[(\d)\]\[\d+\]\[(\d)\]$/.exec(circuit.nameOf(wire));
  for (const [a, , c] of circuit.constraints) {
    const places = c.map(([wire]) => placeOf(wire));
    const [place] = places.filter((found) => found !== null);
    if (place === undefined) continue;
    const [, permutation, round, power] = place as unknown as [string, string, string, string];
    if (a.length > 0 && round === "0" && power === "0") {
      first.set(permutation, [...(first.get(permutation) ?? []), a]);
    } else if (a.length === 0 && round === "6") {
      const others = c.filter(([wire], i) => wire !== 0 && places[i] === null);
      if (others.length === 1) outs.set(permutation, others[0]![0]);
    }
  }
  for (const [permutation, out] of outs) yield { out, inputs: first.get(permutation)! };
}
