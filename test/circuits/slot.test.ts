import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectForgery, expectRefused, OTHER_LEAF } from "../support/circuits/guards.ts";
import { EMPTY, World, type RawAccount } from "../support/protocol/world.ts";
import { seeded } from "../support/random.ts";

const ALICE = 70_001;
const EMPTY_INDEX = 70_002;
const alice: RawAccount = { pubKeyY: 777n, l1Address: 0xa11cen, token: 5n, balance: 1000n, nonce: 9n };

describe("circuits: Slot", () => {
  const random = seeded("circuits/slot");
  const alpha = random.field();
  const beta = poseidon([alpha]);
  const gamma = Fr.mul(beta, beta);
  const world = new World({ [ALICE]: alice });
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "slot.circom", template: "Slot(5)" })));

  const slotInput = (index: number, before: RawAccount, after: RawAccount, exists = 1n): CircuitInput => ({
    ...{ alpha, beta, gamma, age: 2n, token: before.token, index: BigInt(index), pubKeyY: before.pubKeyY },
    ...{ l1Address: before.l1Address, nonce: [before.nonce, after.nonce], balance: [before.balance, after.balance] },
    ...{ exists, children: world.path(index) },
  });

  it("moves an account, and puts its change on the bus", async () => {
    const after = { ...alice, balance: 300n, nonce: 12n };
    const witness = await circuit.witness(slotInput(ALICE, alice, after));
    expect(circuit.violated(witness)).to.be.empty;
    expect([0, 1].map((k) => circuit.get(witness, `node[${k}]`))).to.deep.equal([
      world.node(ALICE),
      world.nodeWith(ALICE, after),
    ]);
    expect(circuit.get(witness, "position")).to.equal(BigInt(ALICE) + 2n * 2n ** 32n);
    expect(circuit.get(witness, "change")).to.equal(Fr.div(Fr.create(-700n), Fr.sub(alpha, BigInt(ALICE))));
    const term = (nonce: bigint): bigint =>
      Fr.inv(Fr.create(alpha - BigInt(ALICE) - beta * alice.pubKeyY - gamma * nonce));
    expect(circuit.get(witness, "nonces")).to.equal(Fr.sub(term(9n), term(12n)));
  });
  it("leaves an empty slot empty, and off the bus", async () => {
    const witness = await circuit.witness(slotInput(EMPTY_INDEX, EMPTY, EMPTY, 0n));
    expect(circuit.violated(witness)).to.be.empty;
    for (const name of ["change", "nonces"]) expect(circuit.get(witness, name)).to.equal(0n);
    for (const name of ["node[0]", "node[1]"]) expect(circuit.get(witness, name)).to.equal(world.node(EMPTY_INDEX));
  });

  it("needs an empty slot's new balance to be 0, or transfers go into the void", async () => {
    // Somebody is debited, nobody credited; two such slots are enough to mint: batch-forgeries.test.ts.
    const input = slotInput(EMPTY_INDEX, EMPTY, { ...EMPTY, balance: 500n }, 0n);
    const witness = await expectForgery(circuit, input, ["balance[1], exists"]);
    expect(circuit.get(witness, "change")).not.to.equal(0n);
  });
  it("needs an empty slot's old balance to be 0, or transfers come out of the void", async () => {
    const input = slotInput(EMPTY_INDEX, { ...EMPTY, balance: 500n }, EMPTY, 0n);
    const witness = await expectForgery(circuit, input, ["balance[0], exists"]);
    expect(circuit.get(witness, "change")).not.to.equal(0n);
  });
  it("needs an empty slot's nonces to be 0, or they change without an account", async () => {
    for (const [before, after, guard] of [
      [{ ...EMPTY, nonce: 3n }, EMPTY, "exists, nonce[0]"],
      [EMPTY, { ...EMPTY, nonce: 3n }, "exists, nonce[1]"],
    ] as const) {
      const witness = await expectForgery(circuit, slotInput(EMPTY_INDEX, before, after, 0n), [guard]);
      expect(circuit.get(witness, "nonces")).not.to.equal(0n);
    }
  });
  it("needs an empty slot's key to be 0 besides, or any transfer can be made again", async () => {
    // A transfer that Alice signed with nonce 3 and that was in a batch long ago. A key that is free once beta is known
    // lets an empty slot stand where her account stood then.
    const then = BigInt(ALICE) + beta * alice.pubKeyY + gamma * 3n;
    const pubKeyY = Fr.div(Fr.create(then - BigInt(EMPTY_INDEX)), beta);
    const input = slotInput(EMPTY_INDEX, { ...EMPTY, pubKeyY }, { ...EMPTY, pubKeyY, nonce: 1n }, 0n);
    const witness = await expectForgery(circuit, input, ["exists, nonce[1]", "exists, pubKeyY"]);
    const replayed = Fr.sub(Fr.inv(Fr.create(alpha - then)), Fr.inv(Fr.create(alpha - then - gamma)));
    expect(circuit.get(witness, "nonces")).to.equal(replayed);
    // The key alone does no harm: with both nonces 0 the two terms cancel.
    const alone = await expectForgery(
      circuit,
      slotInput(EMPTY_INDEX, { ...EMPTY, pubKeyY }, { ...EMPTY, pubKeyY }, 0n),
      ["exists, pubKeyY"],
    );
    expect(circuit.get(alone, "nonces")).to.equal(0n);
  });
  it("needs one `exists` for both leaves, or a transfer creates an account, or removes one and its nonce", async () => {
    const patched = await loadTemplate({
      include: "slot.circom",
      template: "Slot(5)",
      patches: [
        { file: "slot.circom", from: "signal input exists;", to: "signal input exists;\n    signal input later;" },
        { file: "slot.circom", from: "<== [exists, exists]", to: "<== [exists, later]" },
      ],
    });
    const removed = await patched.witness({ ...slotInput(ALICE, alice, alice), later: 0n });
    expect(patched.violated(removed)).to.be.empty;
    expect(patched.get(removed, "node[1]")).to.equal(world.nodeWith(ALICE, undefined));
    const created = await patched.witness({ ...slotInput(EMPTY_INDEX, EMPTY, EMPTY, 0n), later: 1n });
    expect(patched.violated(created)).to.be.empty;
    expect(patched.get(created, "node[1]")).to.equal(world.nodeWith(EMPTY_INDEX, EMPTY));
  });
  it("takes no account of another token", async () => {
    const input = { ...slotInput(ALICE, alice, alice), token: 6n };
    await expectRefused(circuit, input, OTHER_LEAF);
  });
  it("takes no account for missing, and no missing account for one", async () => {
    for (const input of [slotInput(ALICE, EMPTY, EMPTY, 0n), slotInput(EMPTY_INDEX, EMPTY, EMPTY, 1n)]) {
      await expectRefused(circuit, input, OTHER_LEAF);
    }
  });
  it("has no witness where the challenge is a pole of the bus", async () => {
    for (const [guard, input] of [
      [
        "Quotient.denominator, putTerm",
        { ...slotInput(ALICE, alice, { ...alice, nonce: 10n }), alpha: BigInt(ALICE) + 9n, beta: 0n, gamma: 1n },
      ],
      [
        "Quotient.denominator, takenTerm",
        { ...slotInput(ALICE, alice, { ...alice, nonce: 10n }), alpha: BigInt(ALICE) + 10n, beta: 0n, gamma: 1n },
      ],
      [
        "Quotient.denominator, Quotient.numerator, change",
        { ...slotInput(ALICE, alice, { ...alice, balance: 1n }), alpha: BigInt(ALICE) },
      ],
    ] as const) {
      await expectRefused(circuit, input, guard);
    }
  });
});
