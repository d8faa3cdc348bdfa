import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import { hintsOf, isInverse, type BitHint, type Hint } from "./cheating-hints.ts";
import type { TestCircuit } from "./circuit.ts";
import type { LinearCombination } from "./constraints.ts";

/** A wire that a constraint determines once the constraint's other wires are known; or a hint's wires. */
type Step = { readonly wire: number; readonly constraint: number } | Hint;

/**
 * A prover who changes values of a valid witness and computes everything that depends on them anew, by the constraints
 * and, where they leave him the choice, by hints: bits of a number, inverses, digits, the old child on a path.
 *
 * Inputs that he may adapt are not given but computed: by the sums over the rows, which then hold whatever he changes.
 */
export class CheatingProver {
  /** The constraint that determines each wire that is not an input and not a hint. */
  readonly definitions: ReadonlyMap<number, number>;
  /** Constraints that determine nothing: they compare what is known already. */
  readonly assertions: readonly number[];
  /** Wires that neither constraints nor hints determine. */
  readonly undetermined: readonly number[];
  /** Hints that are inverses. */
  readonly inverses: readonly number[];
  readonly #circuit: TestCircuit;
  readonly #witness: readonly bigint[];
  /** The witness while it is changed. */
  readonly #work: bigint[];
  readonly #wires: readonly (readonly number[])[];
  /** Hints that are bits of a number, lowest first, with the constraint that has all of them. */
  readonly numbers: readonly BitHint[];
  readonly #steps: Step[] = [];
  /** Steps on which no assertion depends: what they compute fits in any case. */
  readonly #idle: Uint8Array;
  /** By wire: the steps that read it, and the assertions. */
  readonly #readers: readonly number[][];
  readonly #compared: readonly number[][];

  /**
   * @param witness a valid one
   * @param inputs names of the inputs
   * @param adapted names of those that are computed
   */
  constructor(circuit: TestCircuit, witness: readonly bigint[], inputs: readonly string[], adapted: readonly string[]) {
    this.#circuit = circuit;
    this.#witness = witness;
    this.#work = [...witness];
    this.#wires = circuit.constraints.map((parts) => [
      ...new Set(parts.flatMap((part) => part.map(([wire]) => wire)).filter((wire) => wire !== 0)),
    ]);
    const left = new Set(adapted.flatMap((name) => circuit.wiresOf(name)));
    const known = inputs.flatMap((name) => circuit.wiresOf(name)).filter((wire) => !left.has(wire));
    const hints = hintsOf(circuit, this.#wires, witness);
    this.inverses = hints.flatMap(({ wires }) => wires.filter((wire) => isInverse(circuit.nameOf(wire))));
    this.numbers = hints.filter((hint): hint is BitHint => "sum" in hint);
    this.definitions = this.#order(known, hints);

    const defining = new Set(this.definitions.values());
    this.assertions = this.#wires.flatMap((_, constraint) => (defining.has(constraint) ? [] : [constraint]));
    const determined = new Set([0, ...known, ...this.definitions.keys(), ...hints.flatMap(({ wires }) => wires)]);
    this.undetermined = this.#wires.flat().filter((wire) => !determined.has(wire));
    this.#readers = Array.from({ length: circuit.counts.wires }, () => []);
    this.#compared = Array.from({ length: circuit.counts.wires }, () => []);
    this.#steps.forEach((step, at) => {
      const of = "constraint" in step ? this.#wires[step.constraint]!.filter((wire) => wire !== step.wire) : step.of;
      for (const wire of of) this.#readers[wire]!.push(at);
    });
    for (const assertion of this.assertions) {
      for (const wire of this.#wires[assertion]!) this.#compared[wire]!.push(assertion);
    }
    this.#idle = new Uint8Array(this.#steps.length);
    for (let at = this.#steps.length - 1; at >= 0; at--) {
      const step = this.#steps[at]!;
      const matters = ("constraint" in step ? [step.wire] : step.wires).some((wire) => {
        return this.#compared[wire]!.length > 0 || this.#readers[wire]!.some((reader) => this.#idle[reader] === 0);
      });
      if (!matters) this.#idle[at] = 1;
    }
  }

  /** The constraints that are violated after some wires were changed and all that depends on them was computed anew. */
  violated(changes: ReadonlyMap<number, bigint>): number[] {
    return this.#after(changes, this.#idle, (_, violated) => violated);
  }

  /** The whole witness after it. */
  after(changes: ReadonlyMap<number, bigint>): bigint[] {
    return this.#after(changes, new Uint8Array(this.#steps.length), (witness) => [...witness]);
  }

  /** The value of a wire in the valid witness. */
  get(wire: number): bigint {
    return this.#witness[wire]!;
  }

  #after<T>(
    changes: ReadonlyMap<number, bigint>,
    skipped: Uint8Array,
    use: (witness: readonly bigint[], violated: number[]) => T,
  ): T {
    const witness = this.#work;
    const changed: number[] = [];
    const dirty = new Set<number>();
    const suspects = new Set<number>();
    const queue = new Uint8Array(this.#steps.length);
    let [first, last] = [this.#steps.length, -1];
    const set = (wire: number, value: bigint): void => {
      if (witness[wire] === value) return;
      if (!dirty.has(wire)) changed.push(wire);
      dirty.add(wire);
      witness[wire] = value;
      for (const at of this.#readers[wire]!) {
        queue[at] = 1;
        if (at < first) first = at;
        if (at > last) last = at;
      }
      for (const assertion of this.#compared[wire]!) suspects.add(assertion);
    };
    for (const [wire, value] of changes) {
      const definition = this.definitions.get(wire);
      if (definition !== undefined) suspects.add(definition);
      set(wire, Fr.create(value));
    }
    for (let at = first; at <= last; at++) {
      if (queue[at] === 0 || skipped[at] === 1) continue;
      const step = this.#steps[at]!;
      if ("constraint" in step) {
        if (changes.has(step.wire)) continue;
        const value = this.#solve(step.constraint, step.wire, witness);
        if (value === undefined) suspects.add(step.constraint);
        else set(step.wire, value);
      } else {
        const values = step.answer(witness);
        step.wires.forEach((wire, i) => {
          if (!changes.has(wire)) set(wire, values[i]!);
        });
      }
    }
    const result = use(
      witness,
      [...suspects].filter((constraint) => !this.#holds(constraint, witness)),
    );
    for (const wire of changed) witness[wire] = this.#witness[wire]!;
    return result;
  }

  #order(known: readonly number[], hints: readonly Hint[]): Map<number, number> {
    const definitions = new Map<number, number>();
    const isKnown = new Uint8Array(this.#circuit.counts.wires);
    const missing = this.#wires.map((wires) => wires.length);
    const unasked = hints.map(({ of }) => of.length);
    const readers = Array.from({ length: isKnown.length }, (): number[] => []);
    const askers = Array.from({ length: isKnown.length }, (): number[] => []);
    this.#wires.forEach((wires, constraint) => wires.forEach((wire) => readers[wire]!.push(constraint)));
    hints.forEach(({ of }, hint) => of.forEach((wire) => askers[wire]!.push(hint)));

    // Assignments come before hints, hints before divisions, and what is compared with 0 last: a guard defines nothing.
    const assignments: { wire: number; constraint: number }[] = [];
    const answers: number[] = [];
    const divisions: { wire: number; constraint: number }[] = [];
    const guards: { wire: number; constraint: number }[] = [];
    const consider = (constraint: number): void => {
      if (missing[constraint] !== 1) return;
      const wire = this.#wires[constraint]!.find((other) => isKnown[other] === 0)!;
      const [a, b, c] = this.#circuit.constraints[constraint]!;
      const isFactor = [...a, ...b].some(([other]) => other === wire);
      (!isFactor ? assignments : c.length > 0 ? divisions : guards).push({ wire, constraint });
    };
    const learn = (wire: number): void => {
      if (isKnown[wire] === 1) return;
      isKnown[wire] = 1;
      for (const constraint of readers[wire]!) missing[constraint]!--;
      for (const hint of askers[wire]!) if (--unasked[hint]! === 0) answers.push(hint);
      readers[wire]!.forEach(consider);
    };
    this.#wires.forEach((_, constraint) => consider(constraint));
    hints.forEach(({ of }, hint) => of.length === 0 && answers.push(hint));
    for (const wire of known) learn(wire);
    let [assigned, answered, divided, guarded] = [0, 0, 0, 0];
    for (;;) {
      const step = assignments[assigned++];
      if (step === undefined) assigned--;
      if (step === undefined && answered < answers.length) {
        const hint = hints[answers[answered++]!]!;
        const wires = hint.wires.filter((wire) => isKnown[wire] === 0);
        this.#steps.push({
          ...hint,
          answer: (witness) => hint.answer(witness).filter((_, i) => wires.includes(hint.wires[i]!)),
          wires,
        });
        for (const wire of wires) learn(wire);
        continue;
      }
      const { wire, constraint } = step ??
        (divided < divisions.length ? divisions[divided++] : guards[guarded++]) ?? { wire: -1, constraint: -1 };
      if (wire === -1) return definitions;
      if (isKnown[wire] === 1 || this.#solve(constraint, wire, this.#witness) === undefined) continue;
      this.#steps.push({ wire, constraint });
      definitions.set(wire, constraint);
      learn(wire);
    }
  }

  #holds(constraint: number, witness: readonly bigint[]): boolean {
    const [a, b, c] = this.#circuit.constraints[constraint]!;
    const evaluate = (part: LinearCombination): bigint => this.#circuit.evaluate(part, witness);
    return (evaluate(a) * evaluate(b) - evaluate(c)) % FIELD_ORDER === 0n;
  }

  /** The wire's value by the constraint, which is linear in it; undefined if it is not, or leaves it free. */
  #solve(constraint: number, wire: number, witness: readonly bigint[]): bigint | undefined {
    const [a, b, c] = this.#circuit.constraints[constraint]!;
    const [a0, a1] = lineIn(a, wire, witness);
    const [b0, b1] = lineIn(b, wire, witness);
    const [c0, c1] = lineIn(c, wire, witness);
    if ((a1 * b1) % FIELD_ORDER !== 0n) return undefined;
    const slope = Fr.create(a1 * b0 + a0 * b1 - c1);
    if (slope === 0n) return undefined;
    const rest = Fr.create(c0 - a0 * b0);
    if (slope === 1n) return rest;
    return slope === FIELD_ORDER - 1n ? Fr.neg(rest) : Fr.div(rest, slope);
  }
}

/** A combination as `constant + slope · wire`. */
function lineIn(combination: LinearCombination, wire: number, witness: readonly bigint[]): [bigint, bigint] {
  let [constant, slope] = [0n, 0n];
  for (const [other, coefficient] of combination) {
    if (other === wire) slope += coefficient;
    else constant += coefficient * witness[other]!;
  }
  return [constant % FIELD_ORDER, slope];
}
