import { groupSize } from "../../../protocol/blob.ts";
import { BLOB_ORDER, FIELD_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";

// What a prover says of the polynomial of a blob: the reductions in its evaluation, as docs/circuits/blob.md has them, honest
// or with a lie in one.

/** Places of the three cuts between a number's limbs, in bits. */
export const LEFT = [60, 124, 184] as const;
export const RIGHT = [76, 136, 200] as const;
export const VALUE = [92, 124, 184] as const;
export type Cuts = typeof LEFT | typeof RIGHT | typeof VALUE;
/** Where z is cut into pieces. */
export const PIECES = [0, 60, 76, 124, 136, 184, 200] as const;
/** The order, below the limb that the value is cut at to be compared. */
const ORDER_BELOW = BLOB_ORDER % 2n ** 184n;
/** The equation is shown modulo this and modulo r. */
export const MODULUS = 2n ** 260n;

/** What a prover says otherwise: the limbs are of other sums, or of other numbers in them. */
export interface Lie {
  readonly z?: bigint;
  /** z as a left factor, and as a right one. */
  readonly left?: bigint;
  readonly right?: bigint;
  /** In this step, how much more the sum is, the quotient, and the remainder. */
  readonly step?: number;
  readonly sum?: bigint;
  readonly quotient?: bigint;
  readonly remainder?: bigint;
}

export interface Reduction {
  readonly quotient: bigint;
  readonly remainder: bigint;
  readonly cuts: Cuts;
  readonly component: string;
  /** What is added to the products: a word, or nothing. */
  readonly added: bigint;
  readonly products: readonly bigint[];
}

/**
 * What an honest prover says of the polynomial, whatever its words are: quotients' limbs, remainders', and the borrow.
 *
 * @param words limbs of each
 */
export function evaluationOf(words: readonly (readonly bigint[])[], z: bigint): bigint[] {
  const all = reductions(
    words.map((limbs) => joined(limbs, LEFT)),
    groupSize(words.length),
    { z },
  );
  const limbs = [
    ...all.flatMap(({ quotient }) => split(quotient, LEFT)),
    ...all.flatMap(({ remainder, cuts }) => split(remainder, cuts)),
  ];
  return [...limbs.map((limb) => Fr.create(limb)), borrowOf(all.at(-1)!.remainder)];
}

export const borrowOf = (value: bigint): bigint => (BigInt.asUintN(184, value) >= ORDER_BELOW ? 1n : 0n);

/** The inverse of r modulo 2^260. */
export const inverseOfOrder = (() => {
  let inverse = 1n;
  for (let bits = 1; bits < 260; bits *= 2) inverse = BigInt.asUintN(260, inverse * (2n - FIELD_ORDER * inverse));
  return inverse;
})();

/** What a prover says of each reduction. With a lie in one step, those after it are of what it says. */
export function reductions(words: readonly bigint[], size: number, lie: Lie): Reduction[] {
  const z = lie.z!;
  const done: Reduction[] = [];
  const reduced = (cuts: Cuts, component: string, products: readonly bigint[], added: bigint): bigint => {
    const lies = lie.step === done.length;
    const sum = products.reduce((a, b) => a + b, added) + (lies ? (lie.sum ?? 0n) : 0n);
    const rest = ((sum % BLOB_ORDER) + BLOB_ORDER) % BLOB_ORDER;
    const quotient = (sum - rest) / BLOB_ORDER + (lies ? (lie.quotient ?? 0n) : 0n);
    const remainder = rest + (lies ? (lie.remainder ?? 0n) : 0n);
    done.push({ quotient, remainder, cuts, component, added, products });
    return remainder;
  };
  const powers = [1n, lie.right ?? z];
  while (powers.length <= size) {
    const product = (lie.left ?? z) * powers.at(-1)!;
    powers.push(reduced(RIGHT, `square[${powers.length - 2}]`, [product], 0n));
  }
  const groups = Math.max(1, Math.ceil((words.length - 1) / size));
  let above = words[groups * size] ?? 0n;
  for (let group = groups - 1; group >= 0; group--) {
    const factors = [...words.slice(group * size + 1, (group + 1) * size), above];
    const products = factors.map((factor, k) => factor * powers[k + 1]!);
    above = reduced(group === 0 ? VALUE : LEFT, `group[${groups - 1 - group}]`, products, words[group * size]!);
  }
  return done;
}

/** Limbs, the lowest first; the top one takes what is left, and the sign. */
export const split = (number: bigint, [first, second, third]: Cuts): bigint[] => [
  BigInt.asUintN(first, number),
  BigInt.asUintN(second - first, number >> BigInt(first)),
  BigInt.asUintN(third - second, number >> BigInt(second)),
  number >> BigInt(third),
];

export const joined = (limbs: readonly bigint[], cuts: Cuts): bigint =>
  limbs.reduce((sum, limb, i) => sum + limb * 2n ** BigInt(i === 0 ? 0 : cuts[i - 1]!), 0n);

/** A word as the left factor that it is. */
export const splitWord = (word: bigint): bigint[] => split(word, LEFT);
