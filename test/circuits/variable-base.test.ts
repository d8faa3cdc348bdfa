import { expect } from "chai";
import { FIELD_ORDER, SUBGROUP_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { loadTemplate, type Patch, type TestCircuit } from "../support/circuits/circuit.ts";
import {
  affine,
  BASE,
  ladderFails,
  ladderScalar,
  ladderY,
  montgomeryDouble,
  otherChallenge,
  times,
  TORSION,
  variableBaseChoice,
  type Point,
} from "../support/circuits/eddsa.ts";
import { jacobianKernel } from "../support/circuits/jacobian.ts";
import { completeWitness } from "../support/circuits/solve.ts";
import { LONG, seeded } from "../support/random.ts";

const l = SUBGROUP_ORDER;
const load = (patches: Patch[] = []): Promise<TestCircuit> =>
  loadTemplate({ include: "variable_base.circom", template: "VariableBaseMultiply()", patches });
const without = (line: string): Promise<TestCircuit> => load([{ file: "variable_base.circom", from: line, to: "" }]);

describe("circuits: variable-base multiplication", () => {
  const random = seeded("circuits/variable-base");
  let circuit: TestCircuit;
  before(async () => (circuit = await load()));

  const inputOf = (key: Point, h: bigint) => ({ A: [affine(key).x, affine(key).y], h });
  const chosenInput = (key: Point, h: bigint) => ({ "A[0]": affine(key).x, "A[1]": affine(key).y, h });
  const product = (witness: bigint[], of = circuit) => ({ x: of.get(witness, "out[0]"), y: of.get(witness, "out[1]") });

  it("multiplies keys of every coset of the prime subgroup", async () => {
    for (let j = 0n; j < 8n; j++) {
      for (let i = 0; i < (LONG ? 15 : 1); i++) {
        const key = times(BASE, random.below(l)).add(times(TORSION, j));
        const h = random.field();
        const witness = await circuit.witness(inputOf(key, h));
        expect(circuit.violated(witness)).to.be.empty;
        expect(product(witness), `coset ${j}`).to.deep.equal(affine(times(key, -8n * h)));
      }
    }
  });

  it("multiplies by hashes at the edges of the field", async () => {
    for (const h of [20n, 21n, FIELD_ORDER - 1n, FIELD_ORDER - 2n]) {
      expect(product(await circuit.witness(inputOf(BASE, h)))).to.deep.equal(affine(times(BASE, -8n * h)));
    }
  });

  it("has no witness for 54 hashes, each within 15 of a multiple of l", async () => {
    const near = Array.from({ length: 8 }, (_, m) =>
      Array.from({ length: 33 }, (_, i) => BigInt(m) * l + BigInt(i) - 16n),
    )
      .flat()
      .filter((h) => h >= 0n && h < FIELD_ORDER);
    const fails = (h: bigint): boolean => ladderFails(ladderScalar(h, h & 1n));
    expect(near.filter(fails)).to.have.lengthOf(54);
    // Further away no prefix is a multiple of l: 2^i times one is within 2^i - 1 of k, and i > 4 leaves it below l.
    expect(near.filter((h) => fails(h) && h % l > 15n && h % l < l - 15n)).to.be.empty;
    const key = times(BASE, 1234567n);
    for (const h of LONG ? near : [...near.slice(0, 17), ...near.slice(-33)]) {
      expect(await circuit.accepts(inputOf(key, h)), String(h)).to.equal(!fails(h));
    }
  });

  it("rejects the eight keys of low order and keys that are not on the curve", async () => {
    const h = random.field();
    for (let j = 0n; j < 8n; j++) expect(await circuit.accepts(inputOf(times(TORSION, j), h)), `${j} * T8`).to.be.false;
    const { x, y } = affine(BASE);
    for (const A of [
      [x, y + 1n],
      [x + 1n, y],
      [y, x],
      [0n, 0n],
      [x, 0n],
    ]) {
      expect(await circuit.accepts({ A, h })).to.be.false;
    }
  });

  it("leaves no wire free", async () => {
    for (const h of [20n, random.field()]) {
      const witness = await circuit.witness(inputOf(times(BASE, 77n).add(TORSION), h));
      expect(jacobianKernel(circuit, witness, ["A", "h"])).to.deep.equal({ dimension: 0, spans: [] });
    }
  });

  it("allows one other challenge, h + r or h - r, for about a third of the hashes, and no third", async () => {
    const key = times(BASE, 99n);
    const y = ladderY(key);
    const others = Array.from({ length: 2000 }, () => otherChallenge(random.field())).filter((h) => h !== undefined);
    expect(others.length / 2000).to.be.within(0.28, 0.36);

    const [h, other] = pairWithOther(random.field);
    const e = 1n - (h & 1n);
    const witness = completeWitness(circuit, {
      ...chosenInput(key, h),
      ...variableBaseChoice("", y, ladderScalar(other, e), e),
    });
    expect(circuit.violated(witness)).to.be.empty;
    expect(product(witness)).to.deep.equal(affine(times(key, -8n * other)));

    const wrong = variableBaseChoice("", y, ladderScalar(h, h & 1n) + 2n, h & 1n);
    expect(circuit.violated(completeWitness(circuit, { ...chosenInput(key, h), ...wrong }))).to.have.lengthOf(1);
  });

  describe("guards", () => {
    const key = times(BASE, 31337n);
    const h = 2n ** 200n + 4n;
    // The scalar that a cheating prover wants instead of the hash's own
    const wanted = 2n ** 254n + 987654321n;

    it("e is a bit: otherwise any scalar passes", async () => {
      const e = Fr.sub(Fr.div(Fr.create(wanted - h), l), 11n);
      const chosen = { ...chosenInput(key, h), ...variableBaseChoice("", ladderY(key), wanted, e) };
      await expectForgery("e * (e - 1) === 0;", chosen, affine(times(key, -8n * wanted)));
    });

    it("the signs sum to the hash's scalar: otherwise any scalar passes", async () => {
      const chosen = { ...chosenInput(key, h), ...variableBaseChoice("", ladderY(key), wanted, 0n) };
      const relation = "P[1] * (h + (11 + e) * l - 3 * 2 ** 253) === sum;";
      await expectForgery(relation, chosen, affine(times(key, -8n * wanted)));
    });

    it("q² = P.y²: otherwise the digits are free", async () => {
      const honest = variableBaseChoice("", ladderY(key), ladderScalar(h, 0n), 0n);
      // Two digits off that cancel in the sum of q[i] * 2^i
      const moved = { "q[7]": honest["q[7]"]! + 2n * 55n, "q[8]": honest["q[8]"]! - 55n };
      const chosen = { ...chosenInput(key, h), ...honest, ...moved };
      await expectForgery("q[i] * q[i] === squareY;", chosen, undefined, 2);
    });

    it("A is on the curve: otherwise a key that is not passes", async () => {
      const off = { A: [affine(key).x, affine(key).y + 1n], h };
      expect(await circuit.accepts(off)).to.be.false;
      expect(await (await without("EdwardsOnCurve()(A);")).accepts(off)).to.be.true;
    });

    it("A.x is not 0: otherwise (0, -1) passes with any v", async () => {
      const unguarded = await load([
        { file: "variable_base.circom", from: "inverse * A[0] === 1;", to: "" },
        { file: "variable_base.circom", from: "base[1] <== -base[0] * inverse;", to: DIVIDE_BY_X },
      ]);
      const lowOrder = { "A[0]": 0n, "A[1]": FIELD_ORDER - 1n, h };
      const products = [5n, 6n].map((v) => {
        const [, y] = montgomeryDouble(montgomeryDouble(montgomeryDouble([0n, v])));
        const choice = { ...variableBaseChoice("", y, ladderScalar(h, 0n), 0n), "base[1]": v };
        const forged = completeWitness(unguarded, { ...lowOrder, ...choice });
        expect(unguarded.violated(forged)).to.be.empty;
        return product(forged, unguarded).x;
      });
      expect(products[0]).not.to.equal(products[1]);
      expect(await circuit.accepts({ A: [0n, FIELD_ORDER - 1n], h })).to.be.false;
    });

    async function expectForgery(
      line: string,
      chosen: Record<string, bigint>,
      result: { x: bigint; y: bigint } | undefined,
      broken = 1,
    ): Promise<void> {
      const unguarded = await without(line);
      // Without its relation to the signs, h is in no constraint.
      const kept = Object.entries(chosen).filter(([name]) => unguarded.has(name));
      const forged = completeWitness(unguarded, Object.fromEntries(kept));
      expect(unguarded.violated(forged)).to.be.empty;
      const honest = affine(times(key, -8n * h));
      expect(product(forged, unguarded)).not.to.deep.equal(honest);
      if (result !== undefined) expect(product(forged, unguarded)).to.deep.equal(result);
      expect(circuit.violated(completeWitness(circuit, chosen))).to.have.lengthOf(broken);
    }
  });
});

const DIVIDE_BY_X = "base[1] <-- -base[0] / A[0];\n    base[1] * A[0] === -base[0];";

function pairWithOther(draw: () => bigint): [h: bigint, other: bigint] {
  for (;;) {
    const h = draw();
    const other = otherChallenge(h);
    if (other !== undefined) return [h, other];
  }
}
