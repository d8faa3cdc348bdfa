import type { Level, Step } from "./phases.ts";
import { CONSTANT, MOST_PRODUCTS, MOST_TERMS, REGISTER, SIGNAL, type Instruction } from "./program.ts";
import { evaluate } from "./operators.ts";
import { operandsOf, type Node, type Value } from "./values.ts";

/** The constants of a plan, each once. */
export class Constants {
  readonly #places = new Map<bigint, number>();

  place(value: bigint): number {
    let place = this.#places.get(value);
    if (place === undefined) this.#places.set(value, (place = CONSTANT + this.#places.size));
    return place;
  }

  get values(): readonly bigint[] {
    return [...this.#places.keys()];
  }
}

/** A sum as it is gathered: operands of products, and of what is added and taken away. */
interface Sum {
  readonly products: [number, number][];
  readonly negatives: [number, number][];
  readonly plus: number[];
  readonly minus: number[];
  constant: bigint;
}

/**
 * Turns a phase into instructions. Sums and products that are used once become part of what uses them: one reduction
 * for a whole scalar product.
 *
 * @param nodes of the template's trace, in order
 * @param known signals that hold a node's value since the phase before; those of this phase are added
 */
export function lower(
  levels: readonly Level[],
  nodes: readonly Node[],
  known: Map<Node, number>,
  constants: Constants,
): Instruction[] {
  return new Lowering(levels, nodes, known, constants).instructions;
}

class Lowering {
  readonly instructions: Instruction[] = [];
  readonly #constants: Constants;
  /** Where nodes' values are. */
  readonly #places: Map<Node, number>;
  /** Nodes that a signal gets. */
  readonly #kept = new Set<Node>();
  /** By node: how often its value is used. */
  readonly #uses: number[];
  #registers = 0;

  constructor(levels: readonly Level[], nodes: readonly Node[], known: Map<Node, number>, constants: Constants) {
    this.#constants = constants;
    this.#places = new Map([...known].map(([node, signal]) => [node, SIGNAL + signal]));
    for (const node of nodes) {
      if (node.operation.kind === "signal") this.#places.set(node, SIGNAL + node.operation.offset);
    }
    const steps = levels.flatMap((level) => level.steps);
    this.#uses = this.#count(steps, nodes);
    for (const level of levels) {
      for (const step of level.steps) this.#step(step, known);
      this.#calls(level);
    }
  }

  #count(steps: readonly Step[], nodes: readonly Node[]): number[] {
    const uses = nodes.map(() => 0);
    const use = (value: Value): void => {
      if (typeof value !== "bigint") uses[value.id]!++;
    };
    for (const { value, signal } of steps) {
      if (signal !== undefined && typeof value !== "bigint") this.#kept.add(value);
      use(value);
    }
    for (const node of nodes.toReversed()) {
      if (uses[node.id]! > 0 && !this.#places.has(node)) operandsOf(node).forEach(use);
    }
    return uses;
  }

  #step({ value, signal }: Step, known: Map<Node, number>): void {
    if (signal === undefined) this.#check(value as Node);
    else if (typeof value === "bigint" || this.#places.has(value)) {
      this.#emit("copy", [], [this.#place(value)], SIGNAL + signal);
    } else {
      this.#compute(value, SIGNAL + signal);
      this.#places.set(value, SIGNAL + signal);
      known.set(value, signal);
    }
  }

  #check(value: Node): void {
    const { operation } = value;
    const sum = emptySum();
    if (operation.kind === "eq") {
      this.#expand(operation.operands[0], false, sum);
      this.#expand(operation.operands[1], true, sum);
    } else {
      // Not 0, so 0 = 1 where it is 0.
      const zero = this.#register();
      this.#emit("equal", [], [this.#place(value), this.#constants.place(0n)], zero);
      sum.plus.push(zero);
    }
    this.#emitSum("check", sum);
  }

  #calls({ calls }: Level): void {
    // Not by `Map.groupBy`, which Node.js 20 does not have.
    const groups = new Map<number, number[]>();
    for (const { program, signals } of calls) {
      const places = groups.get(program);
      if (places === undefined) groups.set(program, [SIGNAL + signals]);
      else places.push(SIGNAL + signals);
    }
    for (const [program, places] of groups) this.#emit("call", [program, places.length], places);
  }

  #place(value: Value): number {
    if (typeof value === "bigint") return this.#constants.place(value);
    let place = this.#places.get(value);
    if (place === undefined) {
      place = this.#register();
      this.#compute(value, place);
      this.#places.set(value, place);
    }
    return place;
  }

  #compute(node: Node, target: number): void {
    const { operation } = node;
    switch (operation.kind) {
      case "add":
      case "sub":
      case "mul": {
        const sum = emptySum();
        this.#expandNode(node, false, sum);
        return this.#emitSum("sum", sum, target);
      }
      case "div":
        return this.#emit(
          "divide",
          [],
          operation.operands.map((value) => this.#place(value)),
          target,
        );
      case "eq":
        return this.#emit(
          "equal",
          [],
          operation.operands.map((value) => this.#place(value)),
          target,
        );
      case "select":
        return this.#emit(
          "select",
          [],
          operation.operands.map((value) => this.#place(value)),
          target,
        );
      case "bits":
        return this.#emit("bits", [operation.shift, operation.count], [this.#place(operation.operands[0])], target);
      case "lookup": {
        const values = operation.values.map((value) => this.#constants.place(value));
        return this.#emit("lookup", [values.length], [this.#place(operation.operands[0]), ...values], target);
      }
      case "signal":
        throw new Error("a signal's value is where it is");
    }
  }

  /** Adds a value to a sum, or takes it away. */
  #expand(value: Value, negative: boolean, sum: Sum): void {
    if (typeof value === "bigint") sum.constant = evaluate(negative ? "sub" : "add", sum.constant, value);
    else if (this.#isPart(value)) this.#expandNode(value, negative, sum);
    else (negative ? sum.minus : sum.plus).push(this.#place(value));
  }

  /** Whether a value is used once, in a sum, and needs no place of its own. */
  #isPart(node: Node): boolean {
    const { kind } = node.operation;
    if (kind !== "add" && kind !== "sub" && kind !== "mul") return false;
    return this.#uses[node.id] === 1 && !this.#kept.has(node) && !this.#places.has(node);
  }

  #expandNode({ operation }: Node, negative: boolean, sum: Sum): void {
    const [a, b] = (operation as { operands: readonly [Value, Value] }).operands;
    if (operation.kind !== "mul") {
      this.#expand(a, negative, sum);
      this.#expand(b, operation.kind === "sub" ? !negative : negative, sum);
      return;
    }
    const [factor, other] = typeof b === "bigint" ? [b, a] : [a, b];
    if (typeof factor === "bigint") {
      const signed = negative ? evaluate("sub", 0n, factor) : factor;
      sum.products.push([this.#constants.place(signed), this.#place(other)]);
    } else (negative ? sum.negatives : sum.products).push([this.#place(factor), this.#place(other)]);
  }

  #emitSum(opcode: "sum" | "check", sum: Sum, target?: number): void {
    if (sum.constant !== 0n) sum.plus.push(this.#constants.place(sum.constant));
    while (sum.products.length + sum.negatives.length > MOST_PRODUCTS) {
      const part = { ...emptySum(), products: sum.products.splice(0, MOST_PRODUCTS) };
      part.negatives.push(...sum.negatives.splice(0, MOST_PRODUCTS - part.products.length));
      sum.plus.push(this.#emitPart(part));
    }
    while (sum.plus.length > MOST_TERMS || sum.minus.length > MOST_TERMS) {
      const part = { ...emptySum(), plus: sum.plus.splice(0, MOST_TERMS - 1), minus: sum.minus.splice(0, MOST_TERMS) };
      sum.plus.push(this.#emitPart(part));
    }
    const { products, negatives, plus, minus } = sum;
    if (target !== undefined && negatives.length + minus.length === 0) {
      if (products.length === 1 && plus.length === 0) return this.#emit("multiply", [], products[0]!, target);
      if (products.length === 0 && plus.length === 1) return this.#emit("copy", [], plus, target);
    }
    const counts = products.length + negatives.length * 2 ** 8 + plus.length * 2 ** 16 + minus.length * 2 ** 24;
    this.#emit(opcode, [counts], [...products.flat(), ...negatives.flat(), ...plus, ...minus], target);
  }

  #emitPart(part: Sum): number {
    const register = this.#register();
    this.#emitSum("sum", part, register);
    return register;
  }

  #emit(opcode: Instruction["opcode"], parameters: number[], operands: readonly number[], target?: number): void {
    this.instructions.push({ opcode, parameters, operands, ...(target === undefined ? {} : { target }) });
  }

  #register(): number {
    return REGISTER + this.#registers++;
  }
}

const emptySum = (): Sum => ({ products: [], negatives: [], plus: [], minus: [], constant: 0n });
