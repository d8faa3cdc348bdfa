import { expect } from "chai";
import fc from "fast-check";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { Fr, requireBits, requireField, toField } from "../../protocol/field.ts";
import { expectCode } from "../support/errors.ts";

describe("protocol: field", () => {
  it("reduces any integer into the field", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 300n), 2n ** 300n), (value) => {
        const reduced = toField(value);
        expect(reduced >= 0n && reduced < FIELD_ORDER).to.be.true;
        expect((value - reduced) % FIELD_ORDER).to.equal(0n);
      }),
    );
  });

  it("divides by any element but 0", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, FIELD_ORDER - 1n), (value) => {
        expect((value * Fr.inv(value)) % FIELD_ORDER).to.equal(1n);
      }),
    );
  });

  it("takes whole numbers of the width, as numbers and as bigints", () => {
    expect(requireBits("x", 2 ** 40 - 1, 40)).to.equal(2 ** 40 - 1);
    expect(requireBits("x", 2n ** 128n - 1n, 128)).to.equal(2n ** 128n - 1n);
    expect(requireBits("x", 0, 1)).to.equal(0);
  });

  const outside: [string, unknown, number][] = [
    ["one too large", 2n ** 128n, 128],
    ["one too large, a number", 2 ** 40, 40],
    ["negative", -1n, 128],
    ["negative, a number", -1, 16],
    ["a fraction", 1.5, 16],
    ["not a number", NaN, 16],
    ["infinite", Infinity, 16],
    ["a number that may have been rounded", 2 ** 53, 128],
    ["a string", "12", 16],
    ["missing", undefined, 16],
    ["a boolean", true, 16],
  ];
  for (const [name, value, bits] of outside) {
    it(`refuses a width check: ${name}`, async () => {
      await expectCode("FIELD_OUT_OF_RANGE", () => requireBits("x", value as bigint, bits));
    });
  }

  it("takes field elements and nothing else", async () => {
    expect(requireField("x", 0n)).to.equal(0n);
    expect(requireField("x", FIELD_ORDER - 1n)).to.equal(FIELD_ORDER - 1n);
    for (const value of [-1n, FIELD_ORDER, 2n ** 256n, 7 as unknown as bigint]) {
      await expectCode("FIELD_OUT_OF_RANGE", () => requireField("x", value));
    }
  });
});
