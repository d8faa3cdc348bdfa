import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { rootOfPath } from "../../protocol/tree.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuits/circuit.ts";
import { brokenGuards, expectCheat, expectForgery, kept } from "../support/circuits/guards.ts";
import { World, type RawAccount } from "../support/protocol/world.ts";
import { seeded } from "../support/random.ts";

const NEXT_TIME = 2n ** 14n;
const NEXT_AGE = 2n ** 32n;
const random = seeded("circuits/segment");
const alpha = random.field();
const beta = poseidon([alpha]);
const over = (point: bigint): bigint => Fr.inv(Fr.create(alpha - point));

describe("circuits: SegmentAccess", () => {
  const input = { alpha, beta, index: 123_456_789n, segment: 470n, age: 4n, node: [random.field(), random.field()] };
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "segment.circom", template: "SegmentAccess(9)" })));

  it("takes what was there off the memory bus, and puts there what is there now", async () => {
    const witness = await circuit.witness(input);
    expect(circuit.violated(witness)).to.be.empty;
    const taken = over(470n + 4n * NEXT_TIME + beta * input.node[0]!);
    const put = over(470n + 9n * NEXT_TIME + beta * input.node[1]!);
    expect(circuit.get(witness, "memory")).to.equal(Fr.sub(taken, put));
    expect(circuit.get(witness, "position")).to.equal(input.index + 4n * NEXT_AGE);
  });
  it("is after the access that it reads from, and takes every time before it", async () => {
    for (const age of [0n, 8n]) expect(circuit.violated(await circuit.witness({ ...input, age }))).to.be.empty;
    for (const age of [9n, 10n, 9n - 2n ** 10n - 1n]) {
      await expectForgery(circuit, { ...input, age }, ["RangeCheck.bit[*], RangeCheck.in"]);
    }
  });
  it("reaches back to the beginning from the last time that there is", async () => {
    const last = await loadTemplate({ include: "segment.circom", template: "SegmentAccess(1024)" });
    expect(last.violated(await last.witness({ ...input, age: 0n }))).to.be.empty;
  });
  it("does not read from another segment: the same point on the bus, but an age out of its range", async () => {
    const elsewhere = { ...input, segment: 469n, age: Fr.add(4n, Fr.inv(NEXT_TIME)) };
    const forged = await expectForgery(circuit, elsewhere, ["RangeCheck.bit[*], RangeCheck.in"]);
    expect(circuit.get(forged, "taken")).to.equal(circuit.get(await circuit.witness(input), "taken"));
  });
  it("has no witness where the challenge is a pole", async () => {
    for (const pole of [470n + 4n * NEXT_TIME, 470n + 9n * NEXT_TIME]) {
      expect(circuit.violated(await circuit.forge({ ...input, alpha: pole, beta: 0n }))).not.to.be.empty;
    }
  });
});

describe("circuits: Segment", () => {
  const account: RawAccount = { pubKeyY: 777n, l1Address: 0xa11cen, token: 5n, balance: 1000n, nonce: 9n };
  const FIRST = 70_001;
  const LAST = 4_294_967_294;
  const world = new World({ [FIRST]: account, [2 ** 18 + 9]: { ...account, nonce: 3n }, [LAST]: account });
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "segment.circom", template: "Segment()" })));

  const segmentInput = (index: number, after: bigint, last = 7n): CircuitInput => ({
    ...{ alpha, beta, root: world.root, segment: BigInt(Math.floor(index / 2 ** 18)), last },
    ...{ node: [world.node(index), after], children: world.upperPath(index) },
  });

  it("moves the state's root by one segment, and puts and takes that segment's roots", async () => {
    for (const [index, segment] of [
      [FIRST, 0n],
      [2 ** 18 + 1, 1n],
      [LAST, 2n ** 14n - 1n],
    ] as const) {
      const changed = { ...account, balance: 77n };
      const after = world.nodeWith(index, changed);
      const witness = await circuit.witness(segmentInput(index, after));
      expect(circuit.violated(witness)).to.be.empty;
      expect(circuit.get(witness, "newRoot")).to.equal(rootOfPath(Number(segment), after, world.upperPath(index)));
      const put = over(segment + beta * world.node(index));
      const taken = over(segment + 7n * NEXT_TIME + beta * after);
      expect(circuit.get(witness, "memory")).to.equal(Fr.sub(taken, put));
      expect(circuit.get(witness, "position")).to.equal(segment + 7n * NEXT_TIME);
    }
  });
  it("is neutral without accesses", async () => {
    const witness = await circuit.witness(segmentInput(FIRST, world.node(FIRST), 0n));
    expect(circuit.violated(witness)).to.be.empty;
    expect(circuit.get(witness, "newRoot")).to.equal(world.root);
    expect(circuit.get(witness, "memory")).to.equal(0n);
  });
  it("starts from the state's root", async () => {
    const witness = await circuit.forge({ ...segmentInput(FIRST, 5n), root: world.root + 1n });
    const broken = brokenGuards(circuit, witness);
    expect(broken).to.have.lengthOf(1);
    expect(broken[0]).to.match(/TreeLevel\[4\]\.hash\[0\].*, root$/);
  });
  it("needs the last time's range, or it takes another segment's root", async () => {
    for (const last of [-1n, 2n ** 10n, Fr.add(7n, Fr.inv(NEXT_TIME))]) {
      await expectForgery(circuit, segmentInput(FIRST, 5n, last), ["RangeCheck.bit[*], last"]);
    }
    expect(circuit.violated(await circuit.witness(segmentInput(FIRST, 5n, 2n ** 10n - 1n)))).to.be.empty;
  });
  it("needs its number to be that of its path, and to have 14 bits", async () => {
    const input = segmentInput(FIRST, 5n);
    const bits = kept(circuit, await circuit.witness(input), "path");
    await expectCheat(circuit, input, { ...bits, segment: 1n }, ["path[*], segment"]);
    expect(circuit.violated(await circuit.forge({ ...input, segment: 2n ** 14n }))).not.to.be.empty;
  });
});
