import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";

/** Coefficients over BN254's scalar field, constant term first, without leading zeros. */
export type Polynomial = readonly bigint[];

export const add = (a: Polynomial, b: Polynomial): Polynomial =>
  trimmed(Array.from({ length: Math.max(a.length, b.length) }, (_, i) => Fr.add(a[i] ?? 0n, b[i] ?? 0n)));

export const scale = (a: Polynomial, factor: bigint): Polynomial => trimmed(a.map((value) => Fr.mul(value, factor)));

export function multiply(a: Polynomial, b: Polynomial): Polynomial {
  const product = new Array<bigint>(Math.max(a.length + b.length - 1, 0)).fill(0n);
  a.forEach((x, i) => b.forEach((y, j) => (product[i + j] = Fr.add(product[i + j]!, Fr.mul(x, y)))));
  return trimmed(product);
}

/** A root in the field, if there is one: gcd(X^r - X, f) is the product of the linear factors, which random shifts split. */
export function rootOf(f: Polynomial): bigint | undefined {
  const power = powerModulo([0n, 1n], FIELD_ORDER, f);
  let factor = gcd(f, add(power, [0n, Fr.create(-1n)]));
  if (factor.length < 2) return undefined;
  for (let shift = 1n; factor.length > 2; shift++) {
    const squares = powerModulo([shift, 1n], (FIELD_ORDER - 1n) / 2n, factor);
    const part = gcd(factor, add(squares, [Fr.create(-1n)]));
    if (part.length > 1 && part.length < factor.length) factor = part;
  }
  return Fr.neg(Fr.div(factor[0]!, factor[1]!));
}

function powerModulo(base: Polynomial, exponent: bigint, modulus: Polynomial): Polynomial {
  let result: Polynomial = [1n];
  for (const bit of exponent.toString(2)) {
    result = remainder(multiply(result, result), modulus);
    if (bit === "1") result = remainder(multiply(result, base), modulus);
  }
  return result;
}

function remainder(a: Polynomial, b: Polynomial): Polynomial {
  let rest = a;
  while (rest.length >= b.length) {
    const factor = Fr.neg(Fr.div(rest.at(-1)!, b.at(-1)!));
    rest = add(rest, [...new Array<bigint>(rest.length - b.length).fill(0n), ...scale(b, factor)]);
  }
  return rest;
}

const gcd = (a: Polynomial, b: Polynomial): Polynomial => (b.length === 0 ? a : gcd(b, remainder(a, b)));

function trimmed(values: readonly bigint[]): Polynomial {
  const last = values.findLastIndex((value) => value !== 0n);
  return values.slice(0, last + 1);
}
