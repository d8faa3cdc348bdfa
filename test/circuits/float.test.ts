import { expect } from "chai";
import { FLOATS } from "../../protocol/constants.ts";
import { amountFloat, feeFloat } from "../../protocol/float.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectCheat, expectForgery } from "../support/circuits/guards.ts";
import { seeded } from "../support/random.ts";

const FORMATS = [
  { name: "amount", format: amountFloat, ...FLOATS.amount },
  { name: "fee", format: feeFloat, ...FLOATS.fee },
];

for (const { name, format, mantissa, exponent } of FORMATS) {
  describe(`circuits: DecimalFloat of a ${name}`, () => {
    const random = seeded(`circuits/float/${name}`);
    const largest = { mantissa: 2n ** BigInt(mantissa) - 1n, exponent: 2n ** BigInt(exponent) - 1n };
    let circuit: TestCircuit;
    before(async () => {
      circuit = await loadTemplate({ include: "float.circom", template: `DecimalFloat(${mantissa}, ${exponent})` });
    });

    it("has the value and the code of every exponent", async () => {
      for (let power = 0n; power <= largest.exponent; power++) {
        const digits = random.below(largest.mantissa + 1n);
        const witness = await circuit.witness({ mantissa: digits, exponent: power });
        expect(circuit.violated(witness)).to.be.empty;
        expect(circuit.get(witness, "value")).to.equal(digits * 10n ** power);
        expect(format.decode(circuit.get(witness, "code"))).to.equal(digits * 10n ** power);
      }
    });
    it("reaches 0 and the largest value", async () => {
      for (const parts of [{ mantissa: 0n, exponent: 0n }, largest]) {
        const witness = await circuit.witness(parts);
        expect(circuit.violated(witness)).to.be.empty;
        expect(circuit.get(witness, "value")).to.equal(parts.mantissa * 10n ** parts.exponent);
      }
    });

    // mantissa + exponent · 2^m is a sum: what one part has too much, the other can make up for.
    it("needs the mantissa's range, or who signs 0 gives away 2^m", async () => {
      const forged = await expectForgery(circuit, { mantissa: 2n ** BigInt(mantissa), exponent: 0n }, [
        "RangeCheck.bit[*], mantissa",
      ]);
      const signed = await circuit.witness({ mantissa: 0n, exponent: 1n });
      expect(circuit.get(forged, "code")).to.equal(circuit.get(signed, "code"));
      expect(circuit.get(signed, "value")).to.equal(0n);
      expect(circuit.get(forged, "value")).to.equal(2n ** BigInt(mantissa));
    });
    it("needs the exponent's bits to add up to it, or the code says another value", async () => {
      const parts = { mantissa: 1n, exponent: 2n ** BigInt(exponent) + 3n };
      await expectForgery(circuit, parts, ["bits[*], exponent"]);
    });
    for (let i = 0; i < exponent; i++) {
      it(`needs the exponent's bit ${i} to be one, or the value is any number`, async () => {
        // Two values that are not bits keep the exponent's sum and change the product.
        const other = i === 0 ? 1 : 0;
        const changes = { [`bits[${i}]`]: 2n ** BigInt(other) * 5n, [`bits[${other}]`]: -(2n ** BigInt(i)) * 5n };
        const rest = Array.from({ length: exponent }, (_, j) => [`bits[${j}]`, 0n]);
        const guards = [`bits[${i}]`, `bits[${other}]`];
        await expectCheat(circuit, { mantissa: 3n, exponent: 0n }, { ...Object.fromEntries(rest), ...changes }, guards);
      });
    }
  });
}
