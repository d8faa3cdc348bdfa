import { expect } from "chai";
import fc from "fast-check";
import { AMOUNT_BITS, FEE_BITS, LARGEST_AMOUNT_BITS } from "../../protocol/constants.ts";
import { amountFloat, feeFloat, FloatFormat } from "../../protocol/float.ts";
import { expectCode } from "../support/errors.ts";

const formats = [
  { format: amountFloat, mantissaBits: 39n, bits: AMOUNT_BITS },
  { format: feeFloat, mantissaBits: 11n, bits: FEE_BITS },
];

for (const { format, mantissaBits, bits } of formats) {
  describe(`protocol: decimal float of ${format.name}s`, () => {
    const maxMantissa = 2n ** mantissaBits - 1n;
    const largest = maxMantissa * 10n ** 31n;
    const codes = fc.bigInt(0n, 2n ** BigInt(bits) - 1n);

    it("reads the exponent above the mantissa", () => {
      for (let exponent = 0n; exponent < 32n; exponent++) {
        for (const mantissa of [0n, 1n, 10n, 1234n, maxMantissa]) {
          expect(format.decode((exponent << mantissaBits) | mantissa)).to.equal(mantissa * 10n ** exponent);
        }
      }
    });

    it("encodes every value that it decodes, with the smallest exponent", () => {
      const check = (code: bigint): void => {
        const value = format.decode(code);
        const encoded = format.encode(value);
        expect(format.decode(encoded)).to.equal(value);
        const { mantissa, exponent } = format.parts(value);
        expect(encoded).to.equal((exponent << mantissaBits) | mantissa);
        const finer = exponent === 0n ? maxMantissa + 1n : value / 10n ** (exponent - 1n);
        expect(finer > maxMantissa || value === 0n, "a smaller exponent would do").to.be.true;
      };
      for (let exponent = 0n; exponent < 32n; exponent++) {
        for (const mantissa of [0n, 1n, 10n, 2000n, maxMantissa - 1n, maxMantissa]) {
          check((exponent << mantissaBits) | mantissa);
        }
      }
      fc.assert(fc.property(codes, check));
    });

    it("finds the nearest values below and above", () => {
      // Neighbours by definition: over all exponents, the best mantissa on either side.
      const nearest = (value: bigint): [bigint, bigint | undefined] => {
        const below: bigint[] = [];
        const above: bigint[] = [];
        for (let exponent = 0n; exponent < 32n; exponent++) {
          const step = 10n ** exponent;
          const floor = value / step;
          below.push((floor < maxMantissa ? floor : maxMantissa) * step);
          if (floor < maxMantissa) above.push((floor + 1n) * step);
        }
        const highest = below.reduce((a, b) => (a > b ? a : b));
        return [highest, above.length === 0 ? undefined : above.reduce((a, b) => (a < b ? a : b))];
      };
      const check = (value: bigint): void => {
        const [below, above] = format.neighbours(value);
        expect([below.value, above?.value]).to.deep.equal(nearest(value));
      };
      for (let exponent = 0n; exponent < 32n; exponent++) {
        // Around the place where the exponent changes there are no values at all for a while.
        for (let offset = -12n; offset <= 12n; offset++) {
          const edge = (maxMantissa + 1n) * 10n ** exponent + offset * 10n ** (exponent / 2n);
          if (edge >= 0n) check(edge);
        }
      }
      check(largest + 1n);
      fc.assert(fc.property(codes, fc.bigInt(-5n, 5n), (code, offset) => check(abs(format.decode(code) + offset))));
    });

    it("refuses what has too many digits or is too large, naming the nearest values", async () => {
      const error = await expectCode("AMOUNT_NOT_REPRESENTABLE", () => format.encode(maxMantissa * 10n + 1n));
      expect(error.message)
        .to.contain(`${maxMantissa * 10n}`)
        .and.to.contain(`${(maxMantissa / 10n + 1n) * 100n}`);
      const above = await expectCode("AMOUNT_NOT_REPRESENTABLE", () => format.encode(largest + 1n));
      expect(above.message).to.contain(`${largest}`).and.not.to.contain(" and ");
      expect(format.decode(format.encode(largest))).to.equal(largest);
    });

    it("refuses negative values and codes beyond its width", async () => {
      await expectCode("FIELD_OUT_OF_RANGE", () => format.encode(-1n));
      await expectCode("FIELD_OUT_OF_RANGE", () => format.decode(2n ** BigInt(bits)));
    });
  });
}

describe("protocol: decimal float of any widths", () => {
  it("agrees with a search over all codes", () => {
    const format = new FloatFormat("tiny", { mantissa: 4, exponent: 2 });
    const values = [...new Set(Array.from({ length: 64 }, (_, code) => BigInt(code & 15) * 10n ** BigInt(code >> 4)))];
    values.sort((a, b) => Number(a - b));
    for (let value = 0n; value <= 15_001n; value++) {
      const [below, above] = format.neighbours(value);
      expect(below.value).to.equal(values.findLast((other) => other <= value));
      expect(above?.value).to.equal(values.find((other) => other > value));
    }
  });
});

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

it("protocol: the largest amount has the width that stores and the API have room for", () => {
  const largest = amountFloat.decode(2n ** BigInt(AMOUNT_BITS) - 1n);
  expect(largest.toString(2)).to.have.length(LARGEST_AMOUNT_BITS);
});
