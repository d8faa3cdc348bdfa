import { expect } from "chai";
import { BITS } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectCheat, expectForgery, expectRefused, kept, OTHER_LEAF } from "../support/circuits/guards.ts";
import { EMPTY, rawLeaf, World, type RawAccount } from "../support/protocol/world.ts";

const ALICE = 70_001;
const EMPTY_INDEX = 70_002;
const account: RawAccount = { pubKeyY: 777n, l1Address: 0xa11cen, token: 5n, balance: 1000n, nonce: 9n };

/** The input of an AccountUpdate of the leaf at an index, from one content to another. */
function updateInput(
  world: World,
  index: number,
  [before, after]: readonly [RawAccount, RawAccount],
  exists: readonly [bigint, bigint] = [1n, 1n],
): CircuitInput {
  return {
    index: BigInt(index),
    pubKeyY: before.pubKeyY,
    l1Address: before.l1Address,
    token: before.token,
    nonce: [before.nonce, after.nonce],
    balance: [before.balance, after.balance],
    exists,
    children: world.path(index),
  };
}

describe("circuits: account", () => {
  const world = new World({
    [ALICE]: account,
    4_294_967_295: { pubKeyY: 31n, l1Address: 32n, token: 33n, balance: 34n, nonce: 35n },
  });

  describe("LeafPair", () => {
    it("has the leaf's value, old and new, and 0 for an empty leaf", async () => {
      const circuit = await loadTemplate({ include: "account.circom", template: "LeafPair()" });
      const after = { ...account, balance: 900n, nonce: 10n };
      for (const exists of [0n, 1n]) {
        const witness = await circuit.witness({
          ...{ index: 70_001n, pubKeyY: 777n, l1Address: 0xa11cen, token: 5n },
          ...{ nonce: [9n, 10n], balance: [1000n, 900n], exists: [exists, 1n] },
        });
        expect(circuit.violated(witness)).to.be.empty;
        expect(circuit.get(witness, "leaf[0]")).to.equal(exists === 1n ? rawLeaf(70_001n, account) : 0n);
        expect(circuit.get(witness, "leaf[1]")).to.equal(rawLeaf(70_001n, after));
      }
    });
  });

  for (const spends of [1, 0]) {
    describe(`AccountUpdate(${spends})`, () => {
      let circuit: TestCircuit;
      before(async () => {
        circuit = await loadTemplate({ include: "account.circom", template: `AccountUpdate(${spends})` });
      });

      const after: RawAccount = { ...account, balance: 1234n, nonce: account.nonce + BigInt(spends) };

      it("moves a leaf as the state tree does", async () => {
        const witness = await circuit.witness(updateInput(world, ALICE, [account, after]));
        expect(circuit.violated(witness)).to.be.empty;
        expect(circuit.get(witness, "node[0]")).to.equal(world.node(ALICE));
        expect(circuit.get(witness, "node[1]")).to.equal(world.nodeWith(ALICE, after));
      });
      it("leaves an empty leaf empty, or fills it", async () => {
        const untouched = await circuit.witness(updateInput(world, EMPTY_INDEX, [EMPTY, EMPTY], [0n, 0n]));
        for (const node of ["node[0]", "node[1]"]) {
          expect(circuit.get(untouched, node)).to.equal(world.node(EMPTY_INDEX));
        }
        const created = { ...EMPTY, balance: 77n };
        const filled = await circuit.witness(updateInput(world, EMPTY_INDEX, [EMPTY, created], [0n, 1n]));
        expect(circuit.get(filled, "node[1]")).to.equal(world.nodeWith(EMPTY_INDEX, created));
      });
      it("reaches the largest values", async () => {
        const largest = {
          ...account,
          balance: 2n ** 128n - 1n,
          nonce: spends ? 2n ** 32n - 1n : account.nonce,
        };
        const witness = await circuit.witness(updateInput(world, ALICE, [account, largest]));
        expect(circuit.violated(witness)).to.be.empty;
      });

      it("needs the new balance's range, or whoever overdraws is rich", async () => {
        const overdrawn = { ...after, balance: -1n };
        await expectForgery(circuit, updateInput(world, ALICE, [account, overdrawn]), [
          "RangeCheck.bit[*], balance[1]",
        ]);
        const overflown = { ...after, balance: 2n ** 128n };
        await expectForgery(circuit, updateInput(world, ALICE, [account, overflown]), [
          "RangeCheck.bit[*], balance[1]",
        ]);
      });
      it("needs the nonce's range, or an account's token becomes another; a slot's old one has it by the bus", async () => {
        // token · 2^32 + nonce · 2^48 is a sum: a token less in the first part is made up for in the second.
        const token = 6n;
        const nonce = Fr.add(account.nonce, Fr.div(Fr.create(account.token - token), 2n ** 16n));
        const swapped = { ...account, token, nonce };
        const guard = `RangeCheck.bit[*], nonce[${spends}]`;
        await expectForgery(circuit, updateInput(world, ALICE, [swapped, swapped]), [guard]);
        if (spends) await expectForgery(circuit, updateInput(world, ALICE, [swapped, { ...swapped, nonce: 10n }]), []);
      });
      it(
        spends
          ? "needs the new nonce's range, or an account becomes one that nobody can open again"
          : "needs the nonce to stay, or signatures can be used twice",
        async () => {
          const nonce = spends ? 2n ** BigInt(BITS.nonce) : account.nonce - 1n;
          // Without a check of its own: circom makes one wire of both nonces.
          const guard = spends ? "RangeCheck.bit[*], nonce[1]" : "LeafPair.Sbox[1].in, index, nonce[0], token";
          await expectForgery(circuit, updateInput(world, ALICE, [account, { ...after, nonce }]), [guard]);
        },
      );
      it("needs `exists` to be a bit, or anything can be shown to be the leaf's content", async () => {
        // leaf = exists · hash: with exists = leaf / hash, any hash will do.
        const mallory: RawAccount = { pubKeyY: 666n, l1Address: 0xbadn, token: 1n, balance: 0n, nonce: 0n };
        const exists = Fr.div(rawLeaf(BigInt(ALICE), account), rawLeaf(BigInt(ALICE), mallory));
        const input = updateInput(world, ALICE, [mallory, { ...mallory, balance: 5n }], [exists, 1n]);
        const witness = await expectForgery(circuit, input, ["exists[0]"]);
        expect(circuit.get(witness, "node[1]")).to.equal(world.nodeWith(ALICE, { ...mallory, balance: 5n }));
      });
      it("needs an empty leaf's balance to be 0, or a deposit to a new account mints", async () => {
        const minted = { ...EMPTY, balance: 10n ** 30n };
        const input = updateInput(world, EMPTY_INDEX, [minted, minted], [0n, 1n]);
        await expectForgery(circuit, input, ["balance[0], exists[0]"]);
      });
      it("needs an empty leaf's nonce to be 0, or a new account is born with its last one", async () => {
        const worn = { ...EMPTY, nonce: 2n ** 32n - 1n };
        const input = updateInput(world, EMPTY_INDEX, [worn, worn], [0n, 1n]);
        await expectForgery(circuit, input, ["exists[0], nonce[0]"]);
      });
      it("needs the index's bits to add up to it, or every account can be shown to be missing", async () => {
        // Alice's index over the path of an empty leaf.
        const input = updateInput(world, EMPTY_INDEX, [EMPTY, EMPTY], [0n, 0n]);
        const bits = kept(circuit, await circuit.witness(input), "indexBits");
        await expectCheat(circuit, input, { ...bits, index: BigInt(ALICE) }, ["index, indexBits[*]"]);
      });
      it("says which segment the account is in", async () => {
        for (const [index, segment] of [
          [ALICE, 136n],
          [2 ** 18, 512n],
          [4_294_967_294, 2n ** 23n - 1n],
        ] as const) {
          const input = updateInput(world, index, [EMPTY, EMPTY], [0n, 0n]);
          const witness = await circuit.forge({ ...input, index: BigInt(index) });
          expect(circuit.get(witness, "segment")).to.equal(segment);
        }
      });
      it("binds the index: no other leaf, no 33rd path bit", async () => {
        for (const index of [ALICE + 1, ALICE + 8, 2 ** 32]) {
          const input = { ...updateInput(world, ALICE, [account, after]), index: BigInt(index) };
          await expectRefused(circuit, input, OTHER_LEAF);
        }
      });
      for (const [field, value] of [
        ["pubKeyY", 778n],
        ["l1Address", 0xa11cdn],
        ["token", 6n],
        ["nonce", [10n, 10n + BigInt(spends)]],
        ["balance", [1001n, 1234n]],
        ["exists", [0n, 1n]],
      ] as const) {
        it(`rejects another ${field} than the leaf's`, async () => {
          const input = { ...updateInput(world, ALICE, [account, after]), [field]: value };
          await expectRefused(circuit, input, OTHER_LEAF);
        });
      }
    });
  }
});
