/**
 * The second step from circom's output to a witness plan: the nodes of a trace are put in an order that many threads can
 * follow.
 *
 * Templates are compiled one by one, whatever uses them, so a component is a unit: it could begin when it has all its
 * inputs. In a batch that is fatal: a row gets the root that the row before leads to, only to compare it, and all rows
 * would run in one line. Hence two phases of each template: the outputs with all that they need, and the rest, which may
 * come any time later.
 *
 * - Inputs are divided by going back from the outputs over nodes and over the early inputs of children (`#findEarly`).
 * - Within a phase a node's level is one more than that of the calls it waits for (list scheduling by longest path); a
 *   level's calls do not depend on each other, and run side by side.
 * - Traps: a child's second phase must come after its first one, also where both fall into the parent's rest; and the
 *   main template has no outputs that anybody waits for, so all of its inputs are early.
 */
import type { Call, Trace } from "./trace.ts";
import { unplanned } from "./unplanned.ts";
import { operandsOf, type Node, type Value } from "./values.ts";

/**
 * A template's computation falls into two phases: the outputs, with all that does not wait for late inputs; and the
 * rest. An input is late if no output depends on it, such as a root that is only compared: so a chain of components
 * that hand a root on is computed side by side, and checked afterwards.
 */
export type PhaseName = "outputs" | "rest";

/** Where a program stands among a plan's: one a template and phase, if there is anything to do. */
export type Programs = Readonly<Partial<Record<PhaseName, number>>>;

/** What a parent has to know of a template. */
export interface Shape {
  readonly inputs: number;
  readonly outputs: number;
  /** Signals of the component and all in it. */
  readonly size: number;
  /** Of each input, whether the first phase needs it. */
  readonly early: readonly boolean[];
  readonly programs: Programs;
}

/** An assignment to a signal, or a value that must not be 0. */
export interface Step {
  readonly value: Value;
  readonly signal?: number;
}

/** What can be done once the levels before it are done: first the steps, in order, then the calls, in any order. */
export interface Level {
  readonly steps: Step[];
  readonly calls: { readonly program: number; readonly signals: number }[];
}

export type Phases = Readonly<Record<PhaseName, readonly Level[]>> & {
  readonly size: number;
  readonly early: readonly boolean[];
};

/** @param outputs number of the template's output signals, which stand before its inputs */
export function phasesOf(trace: Trace, outputs: number, isMain: boolean, shapes: ReadonlyMap<string, Shape>): Phases {
  return new Analysis(trace, outputs, isMain, shapes).phases();
}

class Analysis {
  readonly #trace: Trace;
  readonly #outputs: number;
  readonly #children: readonly (Call & { readonly shape: Shape })[];
  readonly #early: boolean[];
  /** By node: whether it waits for a late input. */
  readonly #late: boolean[] = [];
  /** By node: its level in its own phase. */
  readonly #levels: number[] = [];
  /** By call: the same of each of its phases. */
  readonly #callLate = { outputs: [] as boolean[], rest: [] as boolean[] };
  readonly #callLevels = { outputs: [] as number[], rest: [] as number[] };

  constructor(trace: Trace, outputs: number, isMain: boolean, shapes: ReadonlyMap<string, Shape>) {
    this.#trace = trace;
    this.#outputs = outputs;
    this.#children = trace.calls
      .map((call) => ({ ...call, shape: shapes.get(call.template)! }))
      .sort((a, b) => a.signals - b.signals);
    this.#early = Array.from({ length: trace.template.inputs }, () => isMain);
    if (!isMain) this.#findEarly();
    for (const node of trace.values.nodes) this.#place(node);
    this.#children.forEach((_, child) => this.#placeCall(child));
  }

  phases(): Phases {
    const phases = { outputs: [] as Level[], rest: [] as Level[] };
    const level = (late: boolean, at: number): Level => {
      const levels = phases[late ? "rest" : "outputs"];
      while (levels.length <= at) levels.push({ steps: [], calls: [] });
      return levels[at]!;
    };
    const step = (step: Step): void => void level(this.#isLate(step.value), this.#level(step.value)).steps.push(step);
    this.#trace.signals.forEach((value, signal) => step({ value, signal }));
    for (const value of this.#trace.asserts) {
      if (value === 0n) throw unplanned(`${this.#trace.template.name} asserts what never holds`);
      if (typeof value !== "bigint") step({ value });
    }
    this.#children.forEach(({ shape, signals }, child) => {
      for (const phase of ["outputs", "rest"] as const) {
        const program = shape.programs[phase];
        if (program === undefined) continue;
        level(this.#callLate[phase][child]!, this.#callLevels[phase][child]!).calls.push({ program, signals });
      }
    });
    for (const { steps } of [...phases.outputs, ...phases.rest]) steps.sort((a, b) => idOf(a.value) - idOf(b.value));
    const end = this.#children.reduce((end, { signals, shape }) => Math.max(end, signals + shape.size), 0);
    const own = this.#outputs + this.#trace.template.inputs;
    return { ...phases, early: this.#early, size: Math.max(end, own, this.#trace.signals.length) };
  }

  /** Goes from the outputs back to what they depend on. */
  #findEarly(): void {
    const { nodes } = this.#trace.values;
    const needed = new Set<Value>();
    for (let output = 0; output < this.#outputs; output++) needed.add(this.#assigned(output));
    const seen = new Set<number>();
    for (let id = nodes.length - 1; id >= 0; id--) {
      const node = nodes[id]!;
      if (!needed.has(node)) continue;
      for (const operand of operandsOf(node)) needed.add(operand);
      if (node.operation.kind !== "signal") continue;
      const source = this.#sourceOf(node.operation.offset);
      if (source.kind === "input") this.#early[source.input] = true;
      else if (!seen.has(source.child)) {
        seen.add(source.child);
        for (const value of this.#inputsOf(source.child, true)) needed.add(value);
      }
    }
  }

  #place(node: Node): void {
    const { operation, id } = node;
    if (operation.kind === "signal") {
      const source = this.#sourceOf(operation.offset);
      if (source.kind === "child") this.#placeCall(source.child);
      this.#late[id] = source.kind === "input" ? !this.#early[source.input] : this.#callLate.outputs[source.child]!;
      this.#levels[id] = source.kind === "input" ? 0 : this.#callLevels.outputs[source.child]! + 1;
    } else {
      this.#late[id] = operandsOf(node).some((operand) => this.#isLate(operand));
      this.#levels[id] = this.#latest(operandsOf(node), this.#late[id]);
    }
  }

  #placeCall(child: number): void {
    if (this.#callLate.outputs[child] !== undefined) return;
    const place = (phase: PhaseName, values: readonly Value[], after?: PhaseName): void => {
      const waits = after !== undefined && this.#children[child]!.shape.programs[after] !== undefined;
      const late = values.some((value) => this.#isLate(value)) || (waits && this.#callLate[after][child]!);
      const first = waits && this.#callLate[after][child] === late ? this.#callLevels[after][child]! + 1 : 0;
      this.#callLate[phase][child] = late;
      this.#callLevels[phase][child] = Math.max(first, this.#latest(values, late));
    };
    place("outputs", this.#inputsOf(child, true));
    place("rest", this.#inputsOf(child, false), "outputs");
  }

  /** The level at which all the values are there, of those that belong to the phase. */
  #latest(values: readonly Value[], late: boolean): number {
    return values.reduce<number>(
      (latest, value) => (this.#isLate(value) === late ? Math.max(latest, this.#level(value)) : latest),
      0,
    );
  }

  #isLate = (value: Value): boolean => typeof value !== "bigint" && this.#late[value.id]!;
  #level = (value: Value): number => (typeof value === "bigint" ? 0 : this.#levels[value.id]!);

  /** What is assigned to a child's inputs: those that its first phase needs, or all. */
  #inputsOf(child: number, earlyOnly: boolean): Value[] {
    const { signals, shape } = this.#children[child]!;
    const first = signals + shape.outputs;
    return shape.early.flatMap((early, input) => (early || !earlyOnly ? [this.#assigned(first + input)] : []));
  }

  #assigned(signal: number): Value {
    const value = this.#trace.signals[signal];
    if (value === undefined) throw unplanned(`${this.#trace.template.name} leaves a signal without a value`);
    return value;
  }

  /** Where a signal that the template reads and does not assign gets its value. */
  #sourceOf(signal: number): { kind: "input"; input: number } | { kind: "child"; child: number } {
    const input = signal - this.#outputs;
    if (input >= 0 && input < this.#trace.template.inputs) return { kind: "input", input };
    let [low, high] = [0, this.#children.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#children[middle]!.signals <= signal) low = middle + 1;
      else high = middle;
    }
    const child = low - 1;
    const found = this.#children[child];
    if (found === undefined || signal - found.signals >= found.shape.outputs) {
      throw unplanned(`${this.#trace.template.name} reads a signal that has no value`);
    }
    return { kind: "child", child };
  }
}

const idOf = (value: Value): number => (typeof value === "bigint" ? -1 : value.id);
