import { FFT, rootsOfUnity } from "@noble/curves/abstract/fft.js";
import { Field } from "@noble/curves/abstract/modular.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { BLOB_ORDER, WORD_BYTES } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { requireBits } from "../../protocol/field.ts";

// A blob as Sheaf uses it: its polynomial's coefficients are words of 31 bytes, the first ones; its bytes are the polynomial's
// values at the 4096th roots of unity in bit-reversed order (EIP-4844). One transform leads from either to the other.

/** Coefficients of a blob's polynomial, and values in its bytes. */
export const BLOB_LENGTH = 4096;
const VALUE_BYTES = 32;
export const BLOB_BYTES = BLOB_LENGTH * VALUE_BYTES;

const field = Field(BLOB_ORDER);
/** 7 generates the field's multiplicative group, and EIP-4844 takes its roots of unity from it. */
const transform = FFT(rootsOfUnity(field, 7n), field);

/**
 * The blob whose polynomial has these coefficients, the lowest first.
 *
 * @returns 131,072 bytes
 * @throws SheafError DELIVERY_TOO_LARGE for more than 4096, FIELD_OUT_OF_RANGE for one of more than 31 bytes
 */
export function blobOf(coefficients: readonly bigint[]): Uint8Array {
  if (coefficients.length > BLOB_LENGTH) {
    const what = `${coefficients.length} words of transfers`;
    throw new SheafError("DELIVERY_TOO_LARGE", `a blob takes at most ${BLOB_LENGTH}, not ${what}`);
  }
  const polynomial = new Array<bigint>(BLOB_LENGTH).fill(0n);
  coefficients.forEach((word, k) => (polynomial[k] = requireBits(`coefficient ${k} of a blob`, word, 8 * WORD_BYTES)));
  return concatBytes(...transform.direct(polynomial, false, true).map((value) => numberToBytesBE(value, VALUE_BYTES)));
}

/**
 * What `blobOf` made a blob of, without the zeros at the end.
 *
 * @throws SheafError BLOB_MALFORMED for what `blobOf` makes of no words
 */
export function coefficientsOf(blob: Uint8Array): readonly bigint[] {
  if (blob.length !== BLOB_BYTES) throw malformed(`it has ${blob.length} bytes, not ${BLOB_BYTES}`);
  const values = Array.from({ length: BLOB_LENGTH }, (_, i) => {
    const value = bytesToNumberBE(blob.subarray(i * VALUE_BYTES, (i + 1) * VALUE_BYTES));
    if (value >= BLOB_ORDER) throw malformed(`its value ${i} is not below the field's order`);
    return value;
  });
  const coefficients = transform.inverse(values, true);
  const wide = coefficients.findIndex((word) => word >> BigInt(8 * WORD_BYTES) !== 0n);
  if (wide !== -1) throw malformed(`its coefficient ${wide} is not a word of ${WORD_BYTES} bytes`);
  return withoutZeros(coefficients);
}

/** A polynomial's coefficients up to the last one that is not 0. */
export const withoutZeros = (coefficients: readonly bigint[]): readonly bigint[] =>
  coefficients.slice(0, coefficients.findLastIndex((word) => word !== 0n) + 1);

const malformed = (what: string): SheafError => new SheafError("BLOB_MALFORMED", `a blob has no transfers: ${what}`);
