import { BLOB_ORDER, EVALUATION_WORD_BITS, EVALUATION_WORDS } from "./constants.ts";

// A blob's polynomial has the transfers' words as its coefficients, over BLS12-381's scalar field. The circuit takes its value
// at z by reductions of integers in limbs; here is the value, and what the circuit is told of each reduction.

/** Widths of limbs, lowest first, of what circuits/blob.circom calls left and right factors, and of the value. */
const LEFT = [60, 64, 60, 72] as const;
const RIGHT = [76, 60, 64, 55] as const;
const VALUE = [92, 32, 60, 71] as const;

/** `sum word_k * z^k` modulo the field's order, by Horner's rule. */
export function evaluateBlob(words: readonly bigint[], z: bigint): bigint {
  return words.reduceRight((sum, word) => (sum * z + word) % BLOB_ORDER, 0n);
}

/** The value's words, the lowest first. */
export function evaluationWords(value: bigint): readonly bigint[] {
  return limbs(
    value,
    Array.from({ length: EVALUATION_WORDS }, () => EVALUATION_WORD_BITS),
  );
}

/** Quotient and remainder of each reduction that the circuit makes to evaluate the polynomial at z, as its inputs. */
export function blobInput(
  words: readonly bigint[],
  z: bigint,
): { blobQuotient: bigint[][]; blobRemainder: bigint[][] } {
  const size = groupSize(words.length);
  const blobQuotient: bigint[][] = [];
  const blobRemainder: bigint[][] = [];
  const reduced = (sum: bigint, widths: readonly number[]): bigint => {
    blobQuotient.push(limbs(sum / BLOB_ORDER, LEFT));
    blobRemainder.push(limbs(sum % BLOB_ORDER, widths));
    return sum % BLOB_ORDER;
  };
  const powers = [1n, z];
  while (powers.length <= size) powers.push(reduced(z * powers.at(-1)!, RIGHT));
  const groups = groupCount(words.length, size);
  // Above the highest group stands the one word that it has more than the others.
  let above = words[groups * size] ?? 0n;
  for (let group = groups - 1; group >= 0; group--) {
    const own = words.slice(group * size, (group + 1) * size);
    const sum = own.reduce((total, word, k) => total + word * powers[k]!, above * powers[size]!);
    above = reduced(sum, group === 0 ? VALUE : LEFT);
  }
  return { blobQuotient, blobRemainder };
}

/** As `blobGroupSize` in the circuit. */
export function groupSize(words: number): number {
  const steps = (size: number): number => size - 1 + groupCount(words, size);
  let best = 1;
  for (let size = 1; size <= words; size++) if (steps(size) <= steps(best)) best = size;
  return best;
}

const groupCount = (words: number, size: number): number => Math.max(1, Math.ceil((words - 1) / size));

/** The lowest limb first. */
function limbs(value: bigint, widths: readonly number[]): bigint[] {
  let rest = value;
  return widths.map((width) => {
    const limb = BigInt.asUintN(width, rest);
    rest >>= BigInt(width);
    return limb;
  });
}
