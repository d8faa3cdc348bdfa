import { numberToBytesBE } from "@noble/curves/utils.js";
import { expect } from "chai";
import { BLOB_BYTES, BLOB_LENGTH, blobOf, coefficientsOf } from "../../../l1/blobs/layout.ts";
import { BLOB_ORDER } from "../../../protocol/constants.ts";
import { expectCode } from "../../support/errors.ts";
import { hexOf } from "../../support/hex.ts";
import { seeded } from "../../support/random.ts";

describe("layout of a blob", () => {
  const random = seeded("blob layout");
  const words = (count: number): bigint[] => Array.from({ length: count }, () => 1n + random.below(2n ** 248n - 1n));

  it("has the polynomial's values at the roots of unity, in bit-reversed order", () => {
    const coefficients = words(40);
    const blob = blobOf(coefficients);
    const root = power(7n, (BLOB_ORDER - 1n) / BigInt(BLOB_LENGTH));
    for (const i of [0, 1, 2, 3, 4095, ...Array.from({ length: 20 }, () => Number(random.below(4096n)))]) {
      const x = power(root, BigInt(`0b${[...i.toString(2).padStart(12, "0")].reverse().join("")}`));
      const value = coefficients.reduceRight((sum, word) => (sum * x + word) % BLOB_ORDER, 0n);
      expect(hexOf(blob.subarray(32 * i, 32 * i + 32)), `value ${i}`).to.equal(hexOf(numberToBytesBE(value, 32)));
    }
  });

  it("gives the coefficients back: none, one, some and all, with zeros between them", () => {
    const widest = 2n ** 248n - 1n;
    for (const coefficients of [[], [1n], [0n, widest], words(300), [...words(2), 0n, 0n, 5n], words(BLOB_LENGTH)]) {
      const blob = blobOf(coefficients);
      expect(blob).to.have.length(BLOB_BYTES);
      expect(coefficientsOf(blob)).to.deep.equal(coefficients);
    }
    expect(coefficientsOf(blobOf([7n, 0n, 0n]))).to.deep.equal([7n]);
  });

  it("takes no more words than there is room, and no wider ones", async () => {
    await expectCode("DELIVERY_TOO_LARGE", () => blobOf(words(BLOB_LENGTH + 1)));
    await expectCode("FIELD_OUT_OF_RANGE", () => blobOf([2n ** 248n]));
    await expectCode("FIELD_OUT_OF_RANGE", () => blobOf([-1n]));
  });

  it("is not read from what is no blob, from other fields' elements, and from other polynomials", async () => {
    const blob = blobOf(words(10));
    await expectCode("BLOB_MALFORMED", () => coefficientsOf(blob.subarray(1)));
    await expectCode("BLOB_MALFORMED", () => coefficientsOf(new Uint8Array([...blob, 0])));
    await expectCode("BLOB_MALFORMED", () => coefficientsOf(new Uint8Array([])));
    const large = blob.slice();
    large.set(numberToBytesBE(BLOB_ORDER, 32), 64);
    await expectCode("BLOB_MALFORMED", () => coefficientsOf(large));
    // A constant of 2^248, as values that are all equal.
    const wide = new Uint8Array(BLOB_BYTES);
    for (let i = 0; i < BLOB_LENGTH; i++) wide[32 * i] = 1;
    await expectCode("BLOB_MALFORMED", () => coefficientsOf(wide));
  });
});

function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power(base, exponent >> 1n);
  return (half * half * (exponent & 1n ? base : 1n)) % BLOB_ORDER;
}
