import { expect } from "chai";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { brokenGuards, expectCheat, expectForgery } from "../support/circuits/guards.ts";

const load = (template: string): Promise<TestCircuit> => loadTemplate({ include: "bits.circom", template });

/** 2^-n in the field. */
const half = (n: number): bigint => Fr.inv(2n ** BigInt(n));

describe("circuits: bits", () => {
  describe("RangeCheck(8)", () => {
    let circuit: TestCircuit;
    before(async () => (circuit = await load("RangeCheck(8)")));

    it("takes what is below 2^8, and nothing else, whatever the bits", async () => {
      for (const value of [0n, 1n, 127n, 128n, 254n, 255n]) {
        expect(circuit.violated(await circuit.witness({ in: value })), `${value}`).to.be.empty;
      }
      // The constraints on the bits leave 2^7 choices; the top bit's must then hold for one of them.
      for (const value of [256n, 257n, 384n, FIELD_ORDER - 1n, half(1)]) {
        const honest = await circuit.forge({ in: value });
        for (let bits = 0n; bits < 128n; bits++) {
          const witness = withBits(circuit, honest, bits);
          expect(brokenGuards(circuit, witness), `${value} as ${bits}`).to.deep.equal(["bit[*], in"]);
        }
      }
    });
    for (let i = 0; i < 7; i++) {
      it(`needs bit ${i} to be a bit`, async () => {
        await expectCheat(circuit, { in: 0n }, { in: 1000n, [`bit[${i}]`]: Fr.mul(1000n, half(i)) }, [`bit[${i}]`]);
      });
    }
    it("needs the top bit to be one", async () => {
      await expectForgery(circuit, { in: 256n }, ["bit[*], in"]);
      await expectForgery(circuit, { in: FIELD_ORDER - 1n }, ["bit[*], in"]);
    });
  });

  it("range-checks at the largest width in use", async () => {
    const circuit = await load("RangeCheck(160)");
    expect(circuit.violated(await circuit.witness({ in: 2n ** 160n - 1n }))).to.be.empty;
    for (const value of [2n ** 160n, FIELD_ORDER - 1n]) await expectForgery(circuit, { in: value }, ["bit[*], in"]);
  });

  describe("ToBits(5)", () => {
    let circuit: TestCircuit;
    before(async () => (circuit = await load("ToBits(5)")));

    it("has the bits, lowest first", async () => {
      const witness = await circuit.witness({ in: 0b01101n });
      expect([0, 1, 2, 3, 4].map((i) => circuit.get(witness, `out[${i}]`))).to.deep.equal([1n, 0n, 1n, 1n, 0n]);
      expect(circuit.violated(witness)).to.be.empty;
    });
    it("has no others: each of the 2^5 choices is a number of its own", async () => {
      for (let bits = 0n; bits < 32n; bits++) {
        const moved = circuit.set(await circuit.witness({ in: bits }), "in", 19n);
        expect(brokenGuards(circuit, moved)).to.deep.equal(bits === 19n ? [] : ["in, out[*]"]);
      }
    });
    for (let i = 0; i < 5; i++) {
      it(`needs bit ${i} to be a bit`, async () => {
        await expectCheat(circuit, { in: 0n }, { in: 77n, ...zeros(5), [`out[${i}]`]: Fr.mul(77n, half(i)) }, [
          `out[${i}]`,
        ]);
      });
    }
    it("needs their sum to be the number", async () => {
      await expectForgery(circuit, { in: 32n + 3n }, ["in, out[*]"]);
    });
  });

  describe("IsZero", () => {
    let circuit: TestCircuit;
    before(async () => (circuit = await load("IsZero()")));

    it("tells 0 from the rest", async () => {
      for (const value of [0n, 1n, 5n, FIELD_ORDER - 1n]) {
        const witness = await circuit.witness({ in: value });
        expect(circuit.get(witness, "out")).to.equal(value === 0n ? 1n : 0n);
        expect(circuit.violated(witness)).to.be.empty;
      }
    });
    it("needs in · out = 0, or anything passes for 0", async () => {
      await expectCheat(circuit, { in: 5n }, { inverse: 0n }, ["in, out"]);
      await expectCheat(circuit, { in: 5n }, { inverse: 7n }, ["in, out"]);
    });
    it("needs out = 1 - in · inverse, or 0 passes for another number", async () => {
      await expectCheat(circuit, { in: 0n }, { out: 0n }, ["in, inverse, out"]);
    });
  });

  describe("Quotient", () => {
    let circuit: TestCircuit;
    before(async () => (circuit = await load("Quotient()")));

    it("divides", async () => {
      const witness = await circuit.witness({ numerator: 42n, denominator: 6n });
      expect(circuit.get(witness, "out")).to.equal(7n);
      expect(circuit.violated(witness)).to.be.empty;
    });
    it("needs its one constraint", async () => {
      await expectCheat(circuit, { numerator: 42n, denominator: 6n }, { out: 8n }, ["denominator, numerator, out"]);
    });
    it("has no value for 1/0, and any for 0/0: its callers rule that out", async () => {
      await expectForgery(circuit, { numerator: 1n, denominator: 0n }, ["denominator, numerator, out"]);
      const witness = await circuit.witness({ numerator: 0n, denominator: 0n });
      expect(circuit.violated(circuit.set(witness, "out", 99n))).to.be.empty;
    });
  });
});

const zeros = (bits: number): Record<string, bigint> =>
  Object.fromEntries(Array.from({ length: bits }, (_, i) => [`out[${i}]`, 0n]));

function withBits(circuit: TestCircuit, witness: readonly bigint[], bits: bigint): bigint[] {
  const places = [0n, 1n, 2n, 3n, 4n, 5n, 6n];
  return places.reduce((changed, i) => circuit.set(changed, `bit[${i}]`, (bits >> i) & 1n), [...witness]);
}
