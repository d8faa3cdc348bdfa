import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { SUBGROUP_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { fixedBaseCircom, windowPoints } from "../../scripts/generate/fixedBase.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { affine, BASE, fixedBaseChoice, times } from "../support/circuits/eddsa.ts";
import { jacobianKernel } from "../support/circuits/jacobian.ts";
import { completeWitness } from "../support/circuits/solve.ts";
import { LONG, seeded } from "../support/random.ts";

const l = SUBGROUP_ORDER;
const TOP = 2n ** 249n; // 8^83, the last digit's weight

describe("circuits: fixed-base multiplication", () => {
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "fixed_base.circom", template: "FixedBaseMultiply()" })));

  const product = (witness: bigint[]) => ({ x: circuit.get(witness, "out[0]"), y: circuit.get(witness, "out[1]") });
  const expectProduct = async (scalar: bigint): Promise<void> => {
    const witness = await circuit.witness({ scalar });
    expect(product(witness), String(scalar)).to.deep.equal(affine(times(BASE, scalar)));
  };

  it("uses the committed constants, which are those of the generator", async () => {
    const committed = await readFile(new URL("../../circuits/generated/fixed_base.circom", import.meta.url), "utf8");
    expect(committed === fixedBaseCircom()).to.be.true;
  });

  it("has no three collinear points in any of the 83 windows, so that the conics meet in the four alone", () => {
    for (let window = 0; window < 83; window++) {
      const points = windowPoints(window);
      for (const left of points) {
        const [a, b, c] = points.filter((point) => point !== left) as [Pair, Pair, Pair];
        const area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        expect(Fr.is0(Fr.create(area)), `window ${window}`).to.be.false;
      }
    }
  });

  it("multiplies by scalars at the edges", async () => {
    const centres = [TOP, 2n * TOP, 3n * TOP, 6n * TOP - l];
    const near = LONG ? [-4n, -3n, -2n, -1n, 0n, 1n, 2n, 3n, 4n] : [-1n, 0n, 1n];
    const edges = [
      0n,
      1n,
      2n,
      3n,
      7n,
      8n,
      l - 1n,
      l - 2n,
      l - 3n,
      ...centres.flatMap((at) => near.map((by) => at + by)),
    ];
    for (const scalar of edges) await expectProduct(scalar);
  });

  it("multiplies by random scalars", async () => {
    const random = seeded("circuits/fixed-base");
    for (let i = 0; i < (LONG ? 566 : 10); i++) await expectProduct(random.below(l));
  });

  it("leaves no wire free", async () => {
    for (const scalar of [0n, 1n, l - 1n, 6n * TOP - l]) {
      const witness = await circuit.witness({ scalar });
      expect(jacobianKernel(circuit, witness, []), String(scalar)).to.deep.equal({ dimension: 0, spans: [] });
    }
  });

  it("has the scalar in no constraint: the digits are what the prover knows", () => {
    expect(circuit.has("scalar")).to.be.false;
    expect(circuit.has("y[0]")).to.be.true;
  });

  it("has one product for the digits of 6 * 2^249 - l, where an incomplete last addition has two", async () => {
    const k = 6n * TOP - l;
    const choice = fixedBaseChoice("", k);
    const witness = completeWitness(circuit, choice);
    expect(circuit.violated(witness)).to.be.empty;
    expect(product(witness)).to.deep.equal(affine(times(BASE, k)));

    const incomplete = await loadTemplate({
      include: "fixed_base.circom",
      template: "FixedBaseMultiply()",
      patches: [{ file: "fixed_base.circom", from: "out <== EdwardsAdd()(low, high);", to: INCOMPLETE_ADDITION }],
    });
    for (const slope of [3n, 4n]) {
      const forged = completeWitness(incomplete, { ...choice, "last_sum.slope": slope });
      expect(incomplete.violated(forged)).to.be.empty;
      expect(incomplete.get(forged, "out[0]")).not.to.equal(product(witness).x);
    }
  });

  /** A guard, what a prover would put where it stands, and how he would choose without it. */
  const guards: { name: string; line: string; choice: Record<string, bigint> }[] = [
    { name: "the first conic", line: conic(0, 1), choice: onLineThroughFirst(2, 11n) },
    { name: "the second conic", line: conic(2, 3), choice: onLineThroughFirst(1, 11n) },
    { name: "y = ± w", line: "(y[i] - w[i]) * (y[i] + w[i]) === 0;", choice: { "y[40]": 11n } },
    {
      name: "the last digit's y",
      line: "(high[1] - last[0][1]) * (high[1] - last[1][1]) === 0;",
      choice: lastDigitAt(11n),
    },
    {
      name: "the last digit's x",
      line: "(high[0] - positive) * (high[0] + positive) === 0;",
      choice: { "high[0]": 11n },
    },
  ];
  for (const { name, line, choice } of guards) {
    it(`needs ${name}: without it a false product has a witness`, async () => {
      const chosen = { ...fixedBaseChoice("", 12345n), ...choice };
      const unguarded = await loadTemplate({
        include: "fixed_base.circom",
        template: "FixedBaseMultiply()",
        patches: [{ file: "fixed_base.circom", from: line, to: "" }],
      });
      const forged = completeWitness(unguarded, chosen);
      expect(unguarded.violated(forged)).to.be.empty;
      expect(circuit.violated(completeWitness(circuit, chosen))).to.have.lengthOf(1);
    });
  }
});

type Pair = [bigint, bigint];

const INCOMPLETE_ADDITION = `
    signal top[2];
    top[0] <-- (1 + high[1]) / (1 - high[1]);
    top[0] * (1 - high[1]) === 1 + high[1];
    top[1] <-- top[0] / high[0];
    top[1] * high[0] === top[0];
    component last_sum = MontgomeryAdd();
    last_sum.a <== sum[82].out;
    last_sum.b <== top;
    out <== MontgomeryToEdwards()(last_sum.out);`;

function conic(a: number, b: number): string {
  const line = (i: number): string => `(w[i] - slope[i][${i}] * x[i] - intercept[i][${i}])`;
  return `${line(a)} * ${line(b)} === 0;`;
}

/** A point of window 40 that is on the line through `p_1` and another one of its points, but none of the four. */
function onLineThroughFirst(other: number, u: bigint): Record<string, bigint> {
  const [[u1, v1], [u2, v2]] = [windowPoints(40)[0]!, windowPoints(40)[other]!];
  const w = interpolate([u1, v1], [u2, v2], u);
  return { "x[40]": u, "w[40]": w, "y[40]": w };
}

function lastDigitAt(y: bigint): Record<string, bigint> {
  const [one, three] = [1n, 3n].map((digit) => affine(times(BASE, digit * TOP)));
  return { "high[0]": interpolate([one!.y, one!.x], [three!.y, three!.x], y), "high[1]": y };
}

function interpolate([x1, y1]: Pair, [x2, y2]: Pair, x: bigint): bigint {
  return Fr.create(y1 + Fr.div(Fr.mul(Fr.sub(y2, y1), Fr.sub(x, x1)), Fr.sub(x2, x1)));
}
