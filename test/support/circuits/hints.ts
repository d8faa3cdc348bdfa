import { Fr } from "../../../protocol/field.ts";
import type { TestCircuit } from "./circuit.ts";
import type { LinearCombination } from "./constraints.ts";

/** Signals that the circuits assign with `<--`: taken as hints before others that would do as well. */
const HINT = /\b(\w*[bB]its?|sibling|inverse|slope|first|second|[xywqe])(\[\d+\])*$/;

/** A wire that a constraint determines once the constraint's other wires are known. */
interface Step {
  readonly wire: number;
  readonly constraint: number;
}

/**
 * How a witness follows, by the constraints alone, from wires that are known and from *hints*: wires that no constraint
 * determines, for which the prover gives a value. It is what a cheating prover has to do after he changed a value:
 * compute everything that depends on it anew, so that as much as possible fits again.
 */
export class Recomputation {
  /** Wires that the constraints leave to the prover, each given the ones before it. */
  readonly hints: readonly number[];
  readonly #circuit: TestCircuit;
  readonly #witness: readonly bigint[];
  readonly #steps: readonly Step[];
  readonly #wiresOf: readonly (readonly number[])[];

  /**
   * @param witness a valid one
   * @param known wires that are given
   * @param ignoring indices of constraints that determine nothing here: a guard's, to cheat past it
   */
  constructor(
    circuit: TestCircuit,
    witness: readonly bigint[],
    known: Iterable<number>,
    ignoring: Iterable<number> = [],
  ) {
    this.#circuit = circuit;
    this.#witness = witness;
    this.#wiresOf = circuit.constraints.map((parts) => [
      ...new Set(parts.flatMap((part) => part.map(([wire]) => wire))),
    ]);
    const hints: number[] = [];
    const steps: Step[] = [];
    const skipped = new Set(ignoring);
    const isKnown = new Array<boolean>(circuit.counts.wires).fill(false);
    const unknown = this.#wiresOf.map((wires) => wires.length);
    const readers = Array.from({ length: circuit.counts.wires }, (): number[] => []);
    this.#wiresOf.forEach((wires, constraint) => wires.forEach((wire) => readers[wire]!.push(constraint)));

    // Assignments come before divisions, so that a guard is not used to undo what it guards.
    const assignments: Step[] = [];
    const divisions: Step[] = [];
    const consider = (constraint: number): void => {
      if (unknown[constraint] !== 1 || skipped.has(constraint)) return;
      const wire = this.#wiresOf[constraint]!.find((other) => !isKnown[other])!;
      const [a, b] = circuit.constraints[constraint]!;
      const isFactor = [...a, ...b].some(([other]) => other === wire);
      (isFactor ? divisions : assignments).push({ wire, constraint });
    };
    const learn = (wire: number): void => {
      if (isKnown[wire]) return;
      isKnown[wire] = true;
      for (const constraint of readers[wire]!) unknown[constraint]!--;
      readers[wire]!.forEach(consider);
    };
    const next = (): Step | undefined => assignments.shift() ?? divisions.shift();
    const settle = (): void => {
      for (let step = next(); step !== undefined; step = next()) {
        if (isKnown[step.wire] || this.#solve(step.constraint, step.wire, witness) === undefined) continue;
        steps.push(step);
        learn(step.wire);
      }
    };
    unknown.forEach((_, constraint) => consider(constraint));
    learn(0);
    for (const wire of known) learn(wire);
    settle();
    const wires = Array.from({ length: circuit.counts.wires }, (_, wire) => wire);
    const likely = wires.filter((wire) => HINT.test(circuit.nameOf(wire)));
    for (const wire of [...likely, ...wires]) {
      if (isKnown[wire]) continue;
      hints.push(wire);
      learn(wire);
      settle();
    }
    this.hints = hints;
    this.#steps = steps;
  }

  /** The witness after some wires were changed and everything else that depends on them was computed anew. */
  after(changes: ReadonlyMap<number, bigint>): { witness: bigint[]; violated: number[] } {
    const witness = [...this.#witness];
    const touched = new Set<number>();
    const set = (wire: number, value: bigint): void => {
      if (witness[wire] === value) return;
      witness[wire] = value;
      touched.add(wire);
    };
    for (const [wire, value] of changes) set(wire, Fr.create(value));
    const isTouched = (constraint: number): boolean => this.#wiresOf[constraint]!.some((wire) => touched.has(wire));
    for (const { wire, constraint } of this.#steps) {
      if (changes.has(wire) || !isTouched(constraint)) continue;
      const value = this.#solve(constraint, wire, witness);
      if (value !== undefined) set(wire, value);
    }
    const violated = this.#wiresOf.flatMap((_, constraint) =>
      isTouched(constraint) && !this.#holds(constraint, witness) ? [constraint] : [],
    );
    return { witness, violated };
  }

  #holds(constraint: number, witness: readonly bigint[]): boolean {
    const [a, b, c] = this.#circuit.constraints[constraint]!.map((part) => this.#circuit.evaluate(part, witness));
    return Fr.is0(Fr.create(a! * b! - c!));
  }

  /** The wire's value by the constraint, which is linear in it; undefined if it is not, or leaves it free. */
  #solve(constraint: number, wire: number, witness: readonly bigint[]): bigint | undefined {
    const [a, b, c] = this.#circuit.constraints[constraint]!.map((part) => lineIn(part, wire, witness)) as [
      Line,
      Line,
      Line,
    ];
    if (!Fr.is0(Fr.mul(a.slope, b.slope))) return undefined;
    const slope = Fr.create(a.slope * b.constant + a.constant * b.slope - c.slope);
    if (Fr.is0(slope)) return undefined;
    return Fr.div(Fr.create(c.constant - a.constant * b.constant), slope);
  }
}

/** `constant + slope * wire` */
interface Line {
  readonly constant: bigint;
  readonly slope: bigint;
}

function lineIn(combination: LinearCombination, wire: number, witness: readonly bigint[]): Line {
  let [constant, slope] = [0n, 0n];
  for (const [other, coefficient] of combination) {
    if (other === wire) slope += coefficient;
    else constant += coefficient * witness[other]!;
  }
  return { constant: Fr.create(constant), slope: Fr.create(slope) };
}
