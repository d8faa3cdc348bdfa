/**
 * The first step from circom's output to a witness plan: a template becomes straight-line code.
 *
 * circom's C++ (circom-syntax.ts reads it) computes a witness one statement at a time, with loops, branches, variables
 * and calls. All of that but the values of signals is known when the circuit is compiled. So the program is run once
 * with its inputs unknown (symbolic execution, as in King, "Symbolic execution and program testing", CACM 1976): what is
 * known is computed, what is not becomes a node of a graph (values.ts), and the graph is the template's computation.
 *
 * - Of a branch on an unknown condition both sides are run, and each variable is a selection of its two values. Nothing
 *   with an effect may happen there: a signal that is assigned on one side only has no value on the other.
 * - A subcomponent is run when it has got its last input, wherever that stands in the text; it stays one call here.
 * - An index must be known, but for tables of constants, which a few bits may address.
 * - Whatever does not fit ends with CIRCUIT_UNPLANNED, and circom's WASM then computes the witness. No guess is made.
 */
import { Memory, newScope, runBoth, type Pointer, type Scope } from "./memory.ts";
import { isOperator } from "./operators.ts";
import type { CircomProgram, Index, Place, Port, Statement, Template } from "./circom-syntax.ts";
import { unplanned } from "./unplanned.ts";
import { Values, type Node, type Value } from "./values.ts";

/** The tables of circom's `.dat` file that the C++ refers to. */
export interface CircomTables {
  readonly constants: readonly bigint[];
  /** The inputs and outputs of templates, by the template's number, then the port's. */
  readonly ports: ReadonlyMap<number, readonly Port[]>;
}

/** A template's computation without loops, branches and calls of functions. */
export interface Trace {
  readonly template: Template;
  readonly values: Values;
  /** Values assigned to signals, by their place among the component's: its own, and its subcomponents' inputs. */
  readonly signals: Value[];
  /** What must not be 0. */
  readonly asserts: readonly Value[];
  readonly calls: readonly Call[];
}

/** A subcomponent: the templates' name, and the place of its first signal. */
export interface Call {
  readonly template: string;
  readonly signals: number;
}

interface Subcomponent extends Call {
  inputsLeft: number;
}

/**
 * Follows the program of a template with its inputs unknown. Loops run over constants and unroll; of a branch that
 * depends on the inputs both sides are followed, and their values selected from.
 *
 * @throws SheafError CIRCUIT_UNPLANNED
 */
export function traceTemplate(program: CircomProgram, tables: CircomTables, template: Template): Trace {
  return new Tracer(program, tables, template).trace();
}

class Tracer {
  readonly #program: CircomProgram;
  readonly #tables: CircomTables;
  readonly #template: Template;
  readonly #values = new Values();
  readonly #signals = new Memory();
  readonly #asserts: Value[] = [];
  readonly #calls: Call[] = [];
  readonly #subcomponents: Subcomponent[] = [];
  readonly #results = new Map<string, readonly (Value | undefined)[]>();
  /** In how many branches of unknown condition this is, those around the function's call too. */
  #depth = 0;

  constructor(program: CircomProgram, tables: CircomTables, template: Template) {
    this.#program = program;
    this.#tables = tables;
    this.#template = template;
  }

  trace(): Trace {
    this.#run(this.#template.body, newScope());
    if (this.#subcomponents.some((component) => component.inputsLeft > 0)) {
      throw unplanned(`a component of ${this.#template.name} does not get all its inputs`);
    }
    const signals = this.#signals.values as Value[];
    return {
      ...{ template: this.#template, values: this.#values, signals },
      ...{ asserts: this.#asserts, calls: this.#calls },
    };
  }

  /** Whether a `return` ended it. */
  #run(body: readonly Statement[], scope: Scope): boolean {
    return body.some((statement) => this.#step(statement, scope));
  }

  #step(statement: Statement, scope: Scope): boolean {
    switch (statement.kind) {
      case "block": {
        const { target, current, mapped, arguments: given } = scope;
        const returned = this.#run(statement.body, scope);
        Object.assign(scope, { target, current, mapped, arguments: given });
        return returned;
      }
      case "while":
        while (this.#constant(statement.condition!, scope) !== 0n) if (this.#run(statement.body, scope)) return true;
        return false;
      case "if": {
        const condition = this.#load(statement.condition, scope);
        if (typeof condition !== "bigint") return this.#branch(condition, statement, scope);
        return this.#run(condition !== 0n ? statement.body : statement.otherwise, scope);
      }
      case "target":
        scope.target = this.#pointer(statement.place, scope);
        return false;
      case "current":
        scope.current = this.#index(statement.component, scope);
        return false;
      case "mapped":
        scope.mapped = this.#index(statement.index, scope);
        return false;
      case "arguments":
        scope.arguments = new Memory();
        return false;
      case "copy":
        this.#copy(statement, scope);
        return false;
      case "operation":
        this.#operation(statement, scope);
        return false;
      case "call":
        this.#call(statement, scope);
        return false;
      case "return":
        if (scope.depth > 0) throw unplanned("a function returns where only a witness knows");
        return true;
      case "create":
        this.#create(statement);
        return false;
      case "supply":
        this.#supply(statement.count, scope);
        return false;
      case "assert":
        if (this.#depth > 0) throw unplanned("it asserts where only a witness knows");
        this.#asserts.push(this.#load(statement.condition, scope));
        return false;
    }
  }

  #branch(condition: Node, { body, otherwise }: Statement & { kind: "if" }, scope: Scope): false {
    const memories = [scope.locals, scope.temporaries, this.#signals];
    const follow = (side: readonly Statement[]) => () => {
      this.#depth++;
      scope.depth++;
      this.#run(side, scope);
      this.#depth--;
      scope.depth--;
    };
    runBoth(memories, [follow(body), follow(otherwise)], (memory, then, other) => {
      if (then !== undefined && other !== undefined) return this.#values.select(condition, then, other);
      if (memory === this.#signals) throw unplanned("whether a signal is assigned depends on the inputs");
      return undefined;
    });
    return false;
  }

  #copy({ to, from, count }: Statement & { kind: "copy" }, scope: Scope): void {
    const target = this.#pointer(to, scope);
    if (count === 1) return this.#store(target, 0, this.#load(from, scope));
    const source = this.#pointer(from, scope);
    const copied = to.kind === "result" ? Math.min(count, scope.limit) : count;
    for (let i = 0; i < copied; i++) this.#store(target, i, this.#loadAt(source, i));
  }

  #operation({ operator, to, operands }: Statement & { kind: "operation" }, scope: Scope): void {
    const [a, b] = operands.map((operand) => this.#load(operand, scope));
    const value = ((): Value => {
      if (operator === "neg") return this.#values.binary("sub", 0n, a!);
      if (operator === "lnot") return this.#values.not(a!);
      if (operator === "square") return this.#values.binary("mul", a!, a!);
      if (!isOperator(operator) || b === undefined) throw unplanned(`circom's C++ output has Fr_${operator}`);
      return this.#values.binary(operator, a!, b);
    })();
    this.#store(this.#pointer(to, scope), 0, value);
  }

  #call({ name, to, count }: Statement & { kind: "call" }, scope: Scope): void {
    const body = this.#program.functions.get(name);
    if (body === undefined) throw unplanned(`circom's C++ output lacks ${name}`);
    const locals = scope.arguments!;
    // Most calls look constants up; the same ones again and again.
    const key = locals.values.every((value) => typeof value === "bigint")
      ? `${name} ${count} ${locals.values.join(" ")}`
      : undefined;
    let values = key === undefined ? undefined : this.#results.get(key);
    if (values === undefined) {
      const result = { memory: new Memory(), at: 0 };
      this.#run(body, newScope(locals, result, count));
      values = result.memory.values;
      if (key !== undefined) this.#results.set(key, values);
    }
    const target = this.#pointer(to, scope);
    values.forEach((value, i) => (target.memory.values[target.at + i] = value));
  }

  #create({ template, component, signals }: Statement & { kind: "create" }): void {
    const inputsLeft = this.#program.templates.get(template)?.inputs;
    if (!inputsLeft) throw unplanned(`${template} has no inputs`);
    this.#subcomponents[component] = { template, signals, inputsLeft };
  }

  #supply(count: number, scope: Scope): void {
    if (this.#depth > 0) throw unplanned("a component gets its inputs where only a witness knows");
    const component = this.#subcomponent(scope.current!);
    component.inputsLeft -= count;
    if (component.inputsLeft === 0) this.#calls.push({ template: component.template, signals: component.signals });
  }

  #subcomponent(index: number): Subcomponent {
    const component = this.#subcomponents[index];
    if (component === undefined) throw unplanned(`${this.#template.name} uses a component before it is made`);
    return component;
  }

  #constant(place: Place, scope: Scope): bigint {
    const value = this.#load(place, scope);
    if (typeof value !== "bigint") throw unplanned("how often a loop runs depends on the inputs");
    return value;
  }

  #load(place: Place, scope: Scope): Value {
    if (place.kind === "constant") return this.#tables.constants[this.#index(place.index, scope)]!;
    if (place.kind === "local" && typeof place.index !== "number") return this.#loadElement(place.index, scope);
    return this.#loadAt(this.#pointer(place, scope), 0);
  }

  /** An element of an array, at an index that a few bits of the witness may decide. */
  #loadElement(index: Index, scope: Scope): Value {
    const at = this.#evaluate(index, scope);
    if (typeof at === "number") return this.#loadAt({ memory: scope.locals, at }, 0);
    if (at.table === undefined) throw unplanned("an index in an array depends on the inputs");
    const elements = at.table.values.map((element) => scope.locals.values[Number(element)]);
    if (!elements.every((element) => typeof element === "bigint")) {
      throw unplanned("an index in an array that is no constant depends on the inputs");
    }
    return this.#values.fromTable(at.table.root, elements);
  }

  #loadAt({ memory, at }: Pointer, offset: number): Value {
    const value = memory.values[at + offset];
    if (value !== undefined) return value;
    if (memory !== this.#signals) throw unplanned(`${this.#template.name} reads a variable that may not be set`);
    return this.#values.signal(at + offset);
  }

  #store({ memory, at }: Pointer, offset: number, value: Value): void {
    memory.values[at + offset] = value;
  }

  #pointer(place: Place, scope: Scope): Pointer {
    switch (place.kind) {
      case "target":
        return scope.target!;
      case "result":
        return scope.result!;
      case "local":
        return { memory: scope.locals, at: this.#index(place.index, scope) };
      case "temporary":
        return { memory: scope.temporaries, at: this.#index(place.index, scope) };
      case "argument":
        return { memory: scope.arguments!, at: this.#index(place.index, scope) };
      case "signal":
        return { memory: this.#signals, at: this.#index(place.index, scope) };
      case "subcomponent": {
        const { signals } = this.#subcomponent(this.#index(place.component, scope));
        return { memory: this.#signals, at: signals + this.#index(place.index, scope) };
      }
      case "constant":
        throw unplanned("it takes several constants at once");
    }
  }

  #index(index: Index, scope: Scope): number {
    const value = this.#evaluate(index, scope);
    if (typeof value !== "number") throw unplanned("an index depends on the inputs");
    return value;
  }

  #evaluate(index: Index, scope: Scope): number | Node {
    if (typeof index === "number") return index;
    switch (index.kind) {
      case "current":
        return scope.current!;
      case "mapped":
        return scope.mapped!;
      case "value":
        return numberOf(this.#load(index.of, scope));
      case "port": {
        const { template } = this.#subcomponent(this.#index(index.component, scope));
        const port = this.#tables.ports.get(this.#program.templates.get(template)!.id)?.[index.port];
        const value = typeof index.field === "number" ? port?.lengths[index.field] : port?.[index.field];
        if (value === undefined) throw unplanned(`${template}'s signals have no known layout`);
        return value;
      }
      case "sum":
      case "product": {
        const [a, b] = index.terms.map((term) => this.#evaluate(term, scope)) as [number | Node, number | Node];
        if (typeof a === "number" && typeof b === "number") return index.kind === "sum" ? a + b : a * b;
        const [left, right] = [a, b].map((term) => (typeof term === "number" ? BigInt(term) : term)) as [Value, Value];
        return numberOf(this.#values.binary(index.kind === "sum" ? "add" : "mul", left, right));
      }
    }
  }
}

function numberOf(value: Value): number | Node {
  if (typeof value !== "bigint") return value;
  if (value >= 1n << 31n) throw unplanned(`an index is ${value}`);
  return Number(value);
}
