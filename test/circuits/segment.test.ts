import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectForgery, expectRefused } from "../support/circuits/guards.ts";
import { seeded } from "../support/random.ts";

const NEXT_TIME = 2n ** 23n;
const NEXT_GAP = 2n ** 32n;
const random = seeded("circuits/segment");
const alpha = random.field();
const beta = poseidon([alpha]);
const gamma = Fr.mul(beta, beta);
const node = [random.field(), random.field()] as const;
const over = (point: bigint): bigint => Fr.inv(Fr.create(alpha - point));

describe("circuits: SegmentAccess", () => {
  const input = { alpha, beta, index: 123_456_789n, segment: 241_126n, age: 4n, node };
  const guard = "RangeCheck.bit[*], gap";
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "segment.circom", template: "SegmentAccess(9)" })));

  it("takes what was there off the memory bus, and puts there what is there now", async () => {
    const witness = await circuit.witness(input);
    expect(circuit.violated(witness)).to.be.empty;
    const taken = over(241_126n + 4n * NEXT_TIME + beta * node[0]);
    const put = over(241_126n + 9n * NEXT_TIME + beta * node[1]);
    expect(circuit.get(witness, "memory")).to.equal(Fr.sub(taken, put));
    expect(circuit.get(witness, "position")).to.equal(input.index + 4n * NEXT_GAP);
  });
  it("is after the access that it reads from, and takes every time before it", async () => {
    for (const age of [0n, 8n]) expect(circuit.violated(await circuit.witness({ ...input, age }))).to.be.empty;
    for (const age of [9n, 10n, 9n - 2n ** 10n - 1n]) await expectForgery(circuit, { ...input, age }, [guard]);
  });
  it("reaches back to the beginning from the last time that there is", async () => {
    const last = await loadTemplate({ include: "segment.circom", template: "SegmentAccess(1024)" });
    expect(last.violated(await last.witness({ ...input, age: 0n }))).to.be.empty;
  });
  it("does not read from another segment: the same point on the bus, but an age out of its range", async () => {
    const elsewhere = { ...input, segment: 241_125n, age: Fr.add(4n, Fr.inv(NEXT_TIME)) };
    const forged = await expectForgery(circuit, elsewhere, [guard]);
    expect(circuit.get(forged, "taken")).to.equal(circuit.get(await circuit.witness(input), "taken"));
  });
  it("has no witness where the challenge is a pole", async () => {
    for (const [term, pole] of [
      ["taken", 241_126n + 4n * NEXT_TIME],
      ["put", 241_126n + 9n * NEXT_TIME],
    ] as const) {
      await expectRefused(circuit, { ...input, alpha: pole, beta: 0n }, `Quotient.denominator, ${term}`);
    }
  });
});

describe("circuits: TouchedSegment", () => {
  const input = { alpha, beta, gamma, active: 1n, segment: 241_126n, last: 7n, node };
  const LABELS = 8n ** 8n - 1n;
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "segment.circom", template: "TouchedSegment()" })));

  it("puts and takes its roots on the memory bus, and puts itself on the tree bus", async () => {
    const witness = await circuit.witness(input);
    expect(circuit.violated(witness)).to.be.empty;
    const put = over(241_126n + beta * node[0]);
    const taken = over(241_126n + 7n * NEXT_TIME + beta * node[1]);
    expect(circuit.get(witness, "memory")).to.equal(Fr.sub(taken, put));
    expect(circuit.get(witness, "tree")).to.equal(over(LABELS + 241_126n + (node[0] + beta) * (node[1] + gamma)));
    expect(circuit.get(witness, "position")).to.equal(241_126n + 7n * NEXT_TIME + 2n ** 33n);
  });
  it("is on neither if it is not active", async () => {
    const witness = await circuit.witness({ ...input, active: 0n });
    expect(circuit.violated(witness)).to.be.empty;
    for (const name of ["memory", "tree"]) expect(circuit.get(witness, name)).to.equal(0n);
  });
  it("is active or not", async () => {
    for (const active of [2n, -1n]) await expectForgery(circuit, { ...input, active: Fr.create(active) }, ["active"]);
  });
  it("needs the last time's range, or it takes another segment's root", async () => {
    for (const last of [-1n, 2n ** 10n, Fr.add(7n, Fr.inv(NEXT_TIME))]) {
      await expectForgery(circuit, { ...input, last: Fr.create(last) }, ["RangeCheck.bit[*], last"]);
    }
    expect(circuit.violated(await circuit.witness({ ...input, last: 2n ** 10n - 1n }))).to.be.empty;
  });
  it("needs its number's range, or its position opens in other ways", async () => {
    expect(circuit.violated(await circuit.witness({ ...input, segment: 2n ** 23n - 1n }))).to.be.empty;
    const repacked = { ...input, segment: 241_126n + NEXT_TIME, last: 6n };
    const forged = await expectForgery(circuit, repacked, ["RangeCheck.bit[*], segment"]);
    expect(circuit.get(forged, "position")).to.equal(circuit.get(await circuit.witness(input), "position"));
    await expectForgery(circuit, { ...input, segment: Fr.create(-1n) }, ["RangeCheck.bit[*], segment"]);
  });
  it("has no witness where the challenge is a pole", async () => {
    for (const [term, pole] of [
      ["put", 241_126n],
      ["taken", 241_126n + 7n * NEXT_TIME],
      ["tree", LABELS + 241_126n + node[0] * node[1]],
    ] as const) {
      const at = { ...input, alpha: Fr.create(pole), beta: 0n, gamma: 0n };
      await expectRefused(circuit, at, `Quotient.denominator, active, ${term}`);
    }
  });
});
