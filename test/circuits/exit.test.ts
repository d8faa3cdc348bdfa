import { expect } from "chai";
import { buildExit } from "../../protocol/exit.ts";
import { Fr } from "../../protocol/field.ts";
import { EXIT_ACCOUNT } from "../../protocol/packing.ts";
import { RollupState } from "../../protocol/state.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuits/circuit.ts";
import { brokenGuards, expectForgery, expectRefused, OTHER_LEAF } from "../support/circuits/guards.ts";
import { rawLeaf, World, type RawAccount } from "../support/protocol/world.ts";

const ALICE = 70_001;
const alice: RawAccount = { pubKeyY: 777n, l1Address: 0xa11ce_0000n, token: 5n, balance: 1000n, nonce: 9n };
const LAST = 2 ** 32 - 1;

describe("circuits: Exit", () => {
  const world = new World({ [ALICE]: alice, [ALICE + 1]: { ...alice, nonce: 4n } });
  let circuit: TestCircuit;
  before(async () => {
    circuit = await loadTemplate({
      include: "exit.circom",
      template: "Exit()",
      public: ["root", "account", "balance"],
    });
  });

  /** The public element, without the range checks of `EXIT_ACCOUNT`. */
  const accountOf = (index: bigint, { token, l1Address }: RawAccount): bigint =>
    Fr.create(index + token * 2n ** 32n + l1Address * 2n ** 48n);

  const exitInput = (index: number, account: RawAccount, tree = world): CircuitInput => ({
    ...{ root: tree.root, account: accountOf(BigInt(index), account), balance: account.balance },
    ...{ index: BigInt(index), token: account.token, l1Address: account.l1Address, pubKeyY: account.pubKeyY },
    ...{ nonce: account.nonce, children: tree.wholePath(index) },
  });

  it("lets an account of the state leave, at both ends of the indexes", async () => {
    const state = new RollupState();
    const account = { pubKeyY: 31n, l1Address: 2n ** 160n - 1n, token: 2 ** 16 - 1, balance: 2n ** 128n - 1n };
    for (const index of [1, 8, ALICE, LAST]) state.update(index, { ...account, nonce: 2 ** 32 - 1 - index });
    for (const index of [1, 8, ALICE, LAST]) {
      const { input, publicSignals } = buildExit(state, index);
      const witness = await circuit.witness(input);
      expect(circuit.violated(witness)).to.be.empty;
      // The verifier's order: the wires right behind the constant 1.
      expect(witness.slice(1, 4)).to.deep.equal(Object.values(publicSignals));
    }
    expect([circuit.counts.outputs, circuit.counts.publicInputs]).to.deep.equal([0, 3]);
  });

  it("costs at most 8,000 constraints", () => {
    expect(circuit.counts.constraints).to.be.at.most(8_000);
  });

  it("needs the nonce's range, or an account leaves with another token", async () => {
    // token · 2^32 + nonce · 2^48 is a sum: a token more in the first part is made up for in the second.
    const nonce = Fr.add(alice.nonce, Fr.div(Fr.create(alice.token - 6n), 2n ** 16n));
    const swapped = { ...alice, token: 6n, nonce };
    expect(rawLeaf(BigInt(ALICE), swapped)).to.equal(world.leaf(ALICE));
    await expectForgery(circuit, exitInput(ALICE, swapped), ["RangeCheck.bit[*], nonce"]);
  });

  it("needs the token's range, or an account is paid out to the next address", async () => {
    // The leaf's nonce pays for the token's 17th bit, which the contract reads as the lowest of the address.
    const shifted = { ...alice, token: alice.token + 2n ** 16n, nonce: alice.nonce - 1n };
    expect(rawLeaf(BigInt(ALICE), shifted)).to.equal(world.leaf(ALICE));
    const forged = await expectForgery(circuit, exitInput(ALICE, shifted), ["RangeCheck.bit[*], token"]);
    const parts = EXIT_ACCOUNT.unpack(circuit.get(forged, "account"));
    expect(parts).to.deep.equal({ index: BigInt(ALICE), token: 5n, l1Address: alice.l1Address + 1n });
  });

  it("needs the index to be its bits' sum, or an account is paid out to the next address", async () => {
    // As with the token; the path is that of the index's lowest 32 bits.
    const index = BigInt(ALICE) + 2n ** 48n;
    const nonce = alice.nonce - 1n;
    expect(rawLeaf(index, { ...alice, nonce })).to.equal(world.leaf(ALICE));
    const input = { ...exitInput(ALICE, alice), index, nonce, account: accountOf(index, alice) };
    const forged = await expectForgery(circuit, input, ["index, indexBits[*]"]);
    const parts = EXIT_ACCOUNT.unpack(circuit.get(forged, "account"));
    expect(parts).to.deep.equal({ index: BigInt(ALICE), token: 5n, l1Address: alice.l1Address + 1n });
  });

  it("needs the address's range, or a leaf out of range is paid to whom its prover likes", async () => {
    // No leaf has such an address, for L1 operations check it: this circuit relies on none of that.
    const target = 0xbad_0000n;
    const l1Address = Fr.add(target, Fr.div(1n, 2n ** 48n));
    const odd = { ...alice, l1Address };
    const made = new World({ [ALICE]: odd });
    const forged = await expectForgery(circuit, exitInput(ALICE, odd, made), ["RangeCheck.bit[*], l1Address"]);
    expect(EXIT_ACCOUNT.unpack(circuit.get(forged, "account")).l1Address).to.equal(target);
  });

  it("needs the balance's range, to speak of amounts", async () => {
    const rich = { ...alice, balance: 2n ** 128n };
    await expectForgery(circuit, exitInput(ALICE, rich, new World({ [ALICE]: rich })), ["RangeCheck.bit[*], balance"]);
  });

  it("needs the public account to be the leaf's, or anybody takes it", async () => {
    for (const other of [
      { ...alice, l1Address: 0xbadn },
      { ...alice, token: 6n },
    ]) {
      const input = { ...exitInput(ALICE, alice), account: accountOf(BigInt(ALICE), other) };
      await expectForgery(circuit, input, ["account, index, l1Address, token"]);
    }
  });

  it("needs the path to end in the root, or any balance is one of the state", async () => {
    const rich = { ...alice, balance: 2000n };
    const forged = exitInput(ALICE, rich, new World({ [ALICE]: rich }));
    const guards = brokenGuards(circuit, await circuit.forge({ ...forged, root: world.root }));
    expect(guards).to.have.length(1);
    expect(guards[0]).to.match(/^TreePath\.TreeLevel\[10\]\.hash\[0\].*, root$/);
  });

  it("has no empty leaf leave", async () => {
    const nobody = { ...alice, balance: 0n, nonce: 0n };
    await expectForgery(circuit, exitInput(ALICE + 2, nobody), ["TreePath.TreeLevel[0].change[*]"]);
  });

  for (const [field, value, guard] of [
    ["root", 3n, /TreeLevel\[10\]\.hash\[0\].*, root$/],
    ["account", 3n, "account, index, l1Address, token"],
    ["balance", 1001n, OTHER_LEAF],
    ["index", BigInt(ALICE) + 1n, OTHER_LEAF],
    ["index", BigInt(ALICE) + 2n ** 32n, "index, indexBits[*]"],
    ["token", 6n, OTHER_LEAF],
    ["l1Address", 0xa11cdn, OTHER_LEAF],
    ["pubKeyY", 778n, OTHER_LEAF],
    ["nonce", 10n, OTHER_LEAF],
  ] as const) {
    it(`rejects another ${field} (${value}) than the leaf's`, async () => {
      const input = { ...exitInput(ALICE, alice), [field]: value };
      await expectRefused(circuit, input, guard);
    });
  }
});
