import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { nodeOf } from "../../protocol/wide-poseidon.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { flags } from "../support/circuits/forged-tree.ts";
import { expectForgery, expectRefused } from "../support/circuits/guards.ts";
import { seeded } from "../support/random.ts";

const LABEL = 1_234_567n;

describe("circuits: TreeNode", () => {
  const random = seeded("circuits/tree-node");
  const alpha = random.field();
  const beta = poseidon([alpha]);
  const gamma = Fr.mul(beta, beta);
  const old = Array.from({ length: 8 }, random.field);
  const now = old.with(2, random.field()).with(7, random.field());
  const input = { alpha, beta, gamma, label: LABEL, active: 1n, touched: flags(2, 3, 7), child: [old, now] } as const;
  const unused = { ...input, active: 0n, touched: flags(), child: [old, old] } as const;
  const entry = (label: bigint, before: bigint, after: bigint): bigint =>
    Fr.inv(Fr.create(alpha - label - (before + beta) * (after + gamma)));
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "tree_node.circom", template: "TreeNode()" })));

  it("puts itself on the tree bus, and takes its touched children off", async () => {
    const witness = await circuit.witness(input);
    expect(circuit.violated(witness)).to.be.empty;
    expect([0, 1].map((k) => circuit.get(witness, `node[${k}]`))).to.deep.equal([nodeOf(old), nodeOf(now)]);
    const taken = [2, 3, 7].map((j) => entry(8n * LABEL + 7n + BigInt(j), old[j]!, now[j]!));
    const put = entry(LABEL, nodeOf(old), nodeOf(now));
    expect(circuit.get(witness, "tree")).to.equal(taken.reduce((sum, term) => Fr.sub(sum, term), put));
    expect(circuit.get(witness, "position")).to.equal(LABEL + 0b1000_1100n * 2n ** 22n + 2n ** 30n);
  });
  it("takes each child by its own place", async () => {
    for (let j = 0; j < 8; j++) {
      const one = { ...input, touched: flags(j), child: [old, old.with(j, now[j]! + 1n)] };
      const witness = await circuit.witness(one);
      expect(circuit.violated(witness)).to.be.empty;
      const put = entry(LABEL, nodeOf(old), nodeOf(one.child[1]!));
      const taken = entry(8n * LABEL + 7n + BigInt(j), old[j]!, Fr.create(now[j]! + 1n));
      expect(circuit.get(witness, "tree")).to.equal(Fr.sub(put, taken));
      expect(circuit.get(witness, "position")).to.equal(LABEL + 2n ** (22n + BigInt(j)) + 2n ** 30n);
    }
  });
  it("is off the bus if it is not in use", async () => {
    const witness = await circuit.witness(unused);
    expect(circuit.violated(witness)).to.be.empty;
    expect(circuit.get(witness, "tree")).to.equal(0n);
  });
  it("changes no child that it does not take", async () => {
    for (let j = 0; j < 8; j++) {
      const forged = { ...input, touched: flags(), child: [old, old.with(j, 5n)] };
      await expectForgery(circuit, forged, [`child[0][${j}], child[1][${j}], touched[${j}]`]);
    }
  });
  it("takes a child once or not at all", async () => {
    for (let j = 0; j < 8; j++) {
      for (const flag of [2n, Fr.neg(1n)]) {
        const forged = { ...input, touched: flags().with(j, flag), child: [old, old] };
        await expectForgery(circuit, forged, [`touched[${j}]`]);
      }
    }
  });
  it("puts itself once or not at all", async () => {
    for (const active of [2n, Fr.neg(1n)]) {
      await expectForgery(circuit, { ...unused, active }, ["active"]);
    }
  });
  it("takes nothing if it is not in use, by none of its places", async () => {
    for (let j = 0; j < 8; j++) {
      await expectForgery(circuit, { ...unused, touched: flags(j) }, ["active, touched[*]"]);
    }
  });
  it("needs its label's range, or its position opens in other ways", async () => {
    expect(circuit.violated(await circuit.witness({ ...input, label: 2n ** 22n - 1n }))).to.be.empty;
    const guard = ["RangeCheck.bit[*], label"];
    for (const label of [2n ** 22n, Fr.neg(1n)]) await expectForgery(circuit, { ...input, label }, guard);
    // A flag more, and the label that is left for the same position.
    const repacked = { ...input, label: Fr.sub(LABEL, 2n ** 22n), touched: flags(0, 2, 3, 7) };
    const forged = await expectForgery(circuit, repacked, guard);
    expect(circuit.get(forged, "position")).to.equal(circuit.get(await circuit.witness(input), "position"));
  });
  it("has no witness where the challenge is a pole", async () => {
    for (const [guard, pole] of [
      ["active, alpha, label, put, roots", LABEL + nodeOf(old) * nodeOf(now)],
      ["alpha, label, pair[2], taken[2], touched[2]", 8n * LABEL + 7n + 2n + old[2]! * now[2]!],
    ] as const) {
      await expectRefused(circuit, { ...input, alpha: Fr.create(pole), beta: 0n, gamma: 0n }, guard);
    }
  });
});

describe("circuits: Packed", () => {
  it("has as many parts to an element as it has room for, the first one lowest", async () => {
    const circuit = await loadTemplate({ include: "commitment.circom", template: "Packed(5, 100)" });
    const witness = await circuit.witness({ parts: [1n, 2n, 3n, 4n, 2n ** 100n - 1n] });
    expect(circuit.violated(witness)).to.be.empty;
    const next = 2n ** 100n;
    expect([0, 1, 2].map((e) => circuit.get(witness, `out[${e}]`))).to.deep.equal([
      1n + 2n * next,
      3n + 4n * next,
      next - 1n,
    ]);
  });
});
