import { expect } from "chai";
import { getCurveFromName } from "ffjavascript";
import { littleEndian } from "../../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import { affineBytes, SCALAR_BYTES, type GroupName } from "../../../prover/setup/curve-memory.ts";
import { loadCurveModule } from "../../../prover/setup/curve-module.ts";
import { multiplyGenerator } from "../../../prover/setup/fixed-base.ts";

describe("fixed-base multiplication", () => {
  // Numbers of points that lead to different widths of windows; more than a worker takes at a time.
  const cases: [GroupName, number][] = [
    ["G1", 1],
    ["G1", 300],
    ["G1", 5000],
    ["G2", 2500],
  ];
  for (const [group, count] of cases) {
    it(`agrees with ffjavascript on ${count} points of ${group}`, async () => {
      const [first, ratio] = [FIELD_ORDER - 3n ** 140n, 5n ** 95n + 2n];
      const progress: number[] = [];
      const points = await multiply(group, geometric(first, ratio, count), (done) => progress.push(done));

      const curve = await getCurveFromName("bn128", true);
      const generators = new Uint8Array(Buffer.alloc(count * affineBytes(group), curve[group].oneAffine));
      const expected = await curve[group].batchApplyKey(generators, curve.Fr.e(first), curve.Fr.e(ratio));
      expect(Buffer.compare(points, expected)).to.equal(0);
      expect(progress.at(-1)).to.equal(count);
    });
  }

  it("takes 0 to the point at infinity, 1 to the generator, r - 1 to its negative", async () => {
    const { G1 } = await getCurveFromName("bn128", true);
    const points = await multiply("G1", [0n, 1n, FIELD_ORDER - 1n, 2n ** 253n]);
    const [zero, one, minusOne] = [0, 1, 2].map((i) => points.subarray(i * 64, (i + 1) * 64)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(zero.every((byte) => byte === 0)).to.be.true;
    expect(Buffer.compare(one, G1.oneAffine)).to.equal(0);
    expect(Buffer.compare(minusOne.subarray(0, 32), one.subarray(0, 32))).to.equal(0);
    expect(Buffer.compare(minusOne.subarray(32), one.subarray(32))).not.to.equal(0);
  });
});

function geometric(first: bigint, ratio: bigint, count: number): bigint[] {
  const values = [first];
  while (values.length < count) values.push(Fr.mul(values.at(-1)!, ratio));
  return values;
}

async function multiply(group: GroupName, values: bigint[], onPoints?: (done: number) => void): Promise<Uint8Array> {
  const scalars = new SharedArrayBuffer(values.length * SCALAR_BYTES);
  values.forEach((value, i) => new Uint8Array(scalars).set(littleEndian(value), i * SCALAR_BYTES));
  return multiplyGenerator(await loadCurveModule(), group, scalars, onPoints);
}
