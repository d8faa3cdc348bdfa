import { FIELD_ORDER } from "../../protocol/constants.ts";
import { evaluate, FIELD_BITS, inverse, type Operator } from "./operators.ts";
import { unplanned } from "./unplanned.ts";

/** A value while a template is traced: a constant in `[0, r)`, or what a node will compute. */
export type Value = bigint | Node;

/** How a node's value comes about at run time. */
export type Operation =
  | { readonly kind: "signal"; readonly offset: number }
  | { readonly kind: "add" | "sub" | "mul" | "div" | "eq"; readonly operands: readonly [Value, Value] }
  | { readonly kind: "select"; readonly operands: readonly [condition: Node, then: Value, otherwise: Value] }
  /** `count` bits of the operand, as a number in `[0, r)`, from bit `shift` on. */
  | { readonly kind: "bits"; readonly operands: readonly [Node]; readonly shift: number; readonly count: number }
  | { readonly kind: "lookup"; readonly operands: readonly [Node]; readonly values: readonly bigint[] };

/** A value at each value 0, 1, … of a node that takes few values, such as a bit. */
export interface Table {
  readonly root: Node;
  readonly values: readonly bigint[];
}

export interface Node {
  /** Larger than those of its operands. */
  readonly id: number;
  readonly operation: Operation;
  /** Known if the value depends on one node of few values only. */
  readonly table: Table | undefined;
}

/** Nodes of up to so many bits have a table. */
const TABLE_BITS = 3;

/**
 * The nodes of one template's trace. Constants are computed at once; a value that depends on a few bits alone becomes a
 * table of its values, so that circom's conditional expressions and array accesses need no branch at run time.
 */
export class Values {
  readonly nodes: Node[] = [];
  readonly #known = new Map<string, Node>();

  signal(offset: number): Node {
    return this.#node({ kind: "signal", offset }, `signal ${offset}`);
  }

  binary(operator: Operator, a: Value, b: Value): Value {
    if (typeof a === "bigint" && typeof b === "bigint") return evaluate(operator, a, b);
    return this.#tabulated(operator, a, b) ?? this.#atRunTime(operator, a, b);
  }

  not(a: Value): Value {
    return this.binary("eq", a, 0n);
  }

  /** `then` if the condition is not 0. */
  select(condition: Node, then: Value, otherwise: Value): Value {
    if (then === otherwise) return then;
    if (condition.table === undefined) return this.select(this.not(condition) as Node, otherwise, then);
    const { root, values } = condition.table;
    const [yes, no] = [tableOf(then, root), tableOf(otherwise, root)];
    if (yes !== undefined && no !== undefined) {
      return this.fromTable(
        root,
        values.map((value, i) => (value === 0n ? no(i) : yes(i))),
      );
    }
    return this.#node({ kind: "select", operands: [condition, then, otherwise] });
  }

  /** The value that a table gives for its root's value. */
  fromTable(root: Node, values: readonly bigint[]): Value {
    if (values.every((value) => value === values[0])) return values[0]!;
    if (values.every((value, i) => value === BigInt(i))) return root;
    const key = `lookup ${root.id} ${values.join(" ")}`;
    return this.#node({ kind: "lookup", operands: [root], values }, key, { root, values });
  }

  #tabulated(operator: Operator, a: Value, b: Value): Value | undefined {
    const table = (typeof a === "bigint" ? undefined : a.table) ?? (typeof b === "bigint" ? undefined : b.table);
    if (table === undefined) return undefined;
    const [left, right] = [tableOf(a, table.root), tableOf(b, table.root)];
    if (left === undefined || right === undefined) return undefined;
    const values = table.root.table!.values.map((_, i) => evaluate(operator, left(i), right(i)));
    return this.fromTable(table.root, values);
  }

  #atRunTime(operator: Operator, a: Value, b: Value): Value {
    switch (operator) {
      case "add":
        return a === 0n ? b : b === 0n ? a : this.#node({ kind: operator, operands: [a, b] });
      case "sub":
        return b === 0n ? a : a === b ? 0n : this.#node({ kind: operator, operands: [a, b] });
      case "mul":
        if (a === 0n || b === 0n) return 0n;
        return a === 1n ? b : b === 1n ? a : this.#node({ kind: operator, operands: [a, b] });
      case "div":
        if (typeof b === "bigint") return this.binary("mul", a, inverse(b));
        return this.#node({ kind: operator, operands: [a, b] });
      case "eq":
        return a === b ? 1n : this.#node({ kind: operator, operands: [a, b] });
      case "neq":
        return this.not(this.binary("eq", a, b));
      case "pow":
        if (typeof b === "bigint") return this.#power(a, b);
        break;
      case "shr":
        if (typeof b === "bigint" && b < FIELD_BITS) return this.#bits(a as Node, b, FIELD_BITS - b);
        break;
      case "idiv":
        if (typeof b === "bigint" && isPowerOfTwo(b)) return this.#bits(a as Node, logarithm(b), FIELD_BITS);
        break;
      case "mod":
        if (typeof b === "bigint" && isPowerOfTwo(b)) return this.#bits(a as Node, 0n, logarithm(b));
        break;
      case "band":
        if (typeof a === "bigint") return this.binary(operator, b, a);
        if (typeof b === "bigint" && isPowerOfTwo(b + 1n)) return this.#bits(a, 0n, logarithm(b + 1n));
        break;
      case "shl":
      case "bor":
      case "lt":
      case "gt":
      case "leq":
      case "geq":
      case "land":
      case "lor":
        break;
    }
    throw unplanned(`it applies circom's operator "${operator}" to what only a witness knows`);
  }

  #power(base: Value, exponent: bigint): Value {
    if (exponent === 0n) return 1n;
    const square = this.#power(this.binary("mul", base, base), exponent >> 1n);
    return exponent & 1n ? this.binary("mul", square, base) : square;
  }

  #bits(of: Node, shift: bigint, count: bigint): Value {
    const { operation } = of;
    if (operation.kind === "bits") {
      const left = BigInt(operation.count) - shift;
      return this.#bits(operation.operands[0], BigInt(operation.shift) + shift, count < left ? count : left);
    }
    const available = FIELD_BITS - shift;
    const n = Number(count < available ? count : available);
    if (n <= 0) return 0n;
    return this.#node({ kind: "bits", operands: [of], shift: Number(shift), count: n });
  }

  #node(operation: Operation, key = keyOf(operation), table?: Table): Node {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const node = { id: this.nodes.length, operation, table };
    const bits = operation.kind === "eq" ? 1 : operation.kind === "bits" ? operation.count : Infinity;
    if (bits <= TABLE_BITS) node.table = { root: node, values: Array.from({ length: 1 << bits }, (_, i) => BigInt(i)) };
    this.nodes.push(node);
    this.#known.set(key, node);
    return node;
  }
}

/** The operands of a node. */
export function operandsOf({ operation }: Node): readonly Value[] {
  return operation.kind === "signal" ? [] : operation.operands;
}

/** A value as a function of the root's value; `undefined` if it depends on more than the root. */
function tableOf(value: Value, root: Node): ((at: number) => bigint) | undefined {
  if (typeof value === "bigint") return () => value;
  const { table } = value;
  return table?.root === root ? (at) => table.values[at]! : undefined;
}

function keyOf(operation: Operation): string {
  if (operation.kind === "signal") return `signal ${operation.offset}`;
  const operands = operation.operands.map((value) => (typeof value === "bigint" ? value : `#${value.id}`));
  const rest = operation.kind === "bits" ? `${operation.shift} ${operation.count}` : "";
  return `${operation.kind} ${operands.join(" ")} ${rest}`;
}

const isPowerOfTwo = (value: bigint): boolean => value > 0n && value < FIELD_ORDER && (value & (value - 1n)) === 0n;
const logarithm = (power: bigint): bigint => BigInt(power.toString(2).length - 1);
