import { FIELD_ORDER } from "../../protocol/constants.ts";
import { unplanned } from "./unplanned.ts";

/** circom's binary operators, as its C++ output names them. */
export type Operator =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "idiv"
  | "mod"
  | "pow"
  | "shl"
  | "shr"
  | "band"
  | "bor"
  | "eq"
  | "neq"
  | "lt"
  | "gt"
  | "leq"
  | "geq"
  | "land"
  | "lor";

/** Bits of a field element: what circom's shifts and masks work on. */
export const FIELD_BITS = 254n;
const MASK = (1n << FIELD_BITS) - 1n;

const reduce = (value: bigint): bigint => ((value % FIELD_ORDER) + FIELD_ORDER) % FIELD_ORDER;
const flag = (value: boolean): bigint => (value ? 1n : 0n);
/** circom compares field elements as numbers from -(r - 1) / 2 to (r - 1) / 2. */
const signed = (value: bigint): bigint => (value > FIELD_ORDER / 2n ? value - FIELD_ORDER : value);

/** What circom's operators give for constants in `[0, r)` (https://docs.circom.io/circom-language/basic-operators/). */
const RULES: Readonly<Record<Operator, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => reduce(a + b),
  sub: (a, b) => reduce(a - b),
  mul: (a, b) => reduce(a * b),
  div: (a, b) => reduce(a * inverse(b)),
  idiv: (a, b) => a / nonZero(b),
  mod: (a, b) => a % nonZero(b),
  pow: power,
  shl: (a, b) => reduce((a << shift(b)) & MASK),
  shr: (a, b) => a >> shift(b),
  band: (a, b) => reduce(a & b),
  bor: (a, b) => reduce(a | b),
  eq: (a, b) => flag(a === b),
  neq: (a, b) => flag(a !== b),
  lt: (a, b) => flag(signed(a) < signed(b)),
  gt: (a, b) => flag(signed(a) > signed(b)),
  leq: (a, b) => flag(signed(a) <= signed(b)),
  geq: (a, b) => flag(signed(a) >= signed(b)),
  land: (a, b) => flag(a !== 0n && b !== 0n),
  lor: (a, b) => flag(a !== 0n || b !== 0n),
};

export function isOperator(name: string): name is Operator {
  return Object.hasOwn(RULES, name);
}

/** The value of an operator at constants. */
export function evaluate(operator: Operator, a: bigint, b: bigint): bigint {
  return RULES[operator](a, b);
}

/** 1 / value mod r, and 0 for 0 as circom has it. */
export function inverse(value: bigint): bigint {
  return power(value, FIELD_ORDER - 2n);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % FIELD_ORDER) {
    if (left & 1n) result = (result * square) % FIELD_ORDER;
  }
  return result;
}

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw unplanned("it divides a constant by 0");
  return divisor;
}

/** A shift by a "negative" number goes the other way: circuits that have it are left to circom. */
function shift(by: bigint): bigint {
  if (by >= FIELD_BITS) throw unplanned(`it shifts by ${by} bits`);
  return by;
}
