import { expect } from "chai";
import { leafOf } from "../../protocol/account.ts";
import { buildBatch } from "../../protocol/batch.ts";
import { transferMessage, withdrawalMessage, type Signed, type Withdrawal } from "../../protocol/operations.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { BASE8 } from "../../protocol/signature.ts";
import { RollupState } from "../../protocol/state.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import { poseidonSponge } from "../../protocol/wide-poseidon.ts";
import { readWords } from "../../protocol/words.ts";
import { ownerOf, ROOMY, SmallRollup, TIMESTAMP, TOKEN } from "../support/protocol/small-rollup.ts";

const ALICE_FIELDS = { ...ownerOf("alice", 1), token: TOKEN };
const NEWCOMER = { index: 77, ...ownerOf("newcomer", 77), token: TOKEN };

const people = (): SmallRollup =>
  new SmallRollup({
    alice: { index: 1, balance: 1000n },
    bob: { index: 2, balance: 200n },
    carol: { index: 3, balance: 0n },
    dave: { index: 4, balance: 40n, nonce: 9 },
    erin: { index: 5, balance: 50n, token: TOKEN + 1 },
    operator: { index: 6, balance: 0n },
  });

const balances = (rollup: SmallRollup, ...names: string[]): (bigint | undefined)[] =>
  names.map((who) => rollup.balance(who));

describe("protocol: batch", () => {
  describe("takes transfers", () => {
    it("from one to all, and from all to one", () => {
      const rollup = people();
      rollup.build({
        transfers: [
          { from: "alice", to: "bob", amount: 1n },
          { from: "alice", to: "carol", amount: 20n },
          { from: "alice", to: "dave", amount: 300n },
        ],
      });
      expect(balances(rollup, "alice", "bob", "carol", "dave")).to.deep.equal([679n, 201n, 20n, 340n]);
      rollup.build({
        transfers: [
          { from: "bob", to: "alice", amount: 201n },
          { from: "carol", to: "alice", amount: 20n },
          { from: "dave", to: "alice", amount: 339n },
        ],
      });
      expect(balances(rollup, "alice", "bob", "carol", "dave")).to.deep.equal([1239n, 0n, 0n, 1n]);
      expect([1, 2, 3, 4].map((index) => rollup.state.account(index)!.nonce)).to.deep.equal([3, 1, 1, 10]);
    });

    it("in a cycle, though nobody has the money before", () => {
      const rollup = people();
      const amount = (2n ** 39n - 1n) * 10n ** 31n; // the largest there is, above 2^128
      const { accountsTouched } = rollup.build({
        transfers: [
          { from: "alice", to: "bob", amount },
          { from: "bob", to: "carol", amount },
          { from: "carol", to: "alice", amount },
        ],
      });
      expect(accountsTouched).to.equal(3);
      expect(balances(rollup, "alice", "bob", "carol")).to.deep.equal([1000n, 200n, 0n]);
    });

    it("that spend what a later one brings", () => {
      const rollup = people();
      rollup.build({
        transfers: [
          { from: "carol", to: "bob", amount: 999n },
          { from: "alice", to: "carol", amount: 1000n },
        ],
      });
      expect(balances(rollup, "alice", "bob", "carol")).to.deep.equal([0n, 1199n, 1n]);
    });

    it("to oneself, which costs the fee alone", () => {
      const rollup = people();
      const transfers = [{ from: "alice", to: "alice", amount: 990n, fee: 10n }];
      const { accountsTouched } = rollup.build({ transfers, feeAccount: "operator" });
      expect(accountsTouched).to.equal(2);
      expect(balances(rollup, "alice", "operator")).to.deep.equal([990n, 10n]);
    });

    it("to an account that was created in the same batch", () => {
      const rollup = people();
      rollup.build({
        l1Operations: [{ kind: "creation", ...NEWCOMER }],
        transfers: [{ from: "alice", to: NEWCOMER.index, amount: 7n }],
      });
      expect(rollup.state.account(NEWCOMER.index)).to.deep.equal({
        pubKeyY: NEWCOMER.pubKeyY,
        l1Address: NEWCOMER.l1Address,
        token: TOKEN,
        balance: 7n,
        nonce: 0,
      });
    });

    it("of nothing to nobody, which touch the sender alone", () => {
      const rollup = people();
      const { accountsTouched, published } = rollup.build({ transfers: [{ from: "alice", to: 123_456, amount: 0n }] });
      expect(accountsTouched).to.equal(1);
      expect(published.transfers[0]!.to).to.equal(123_456);
      expect(rollup.state.account(123_456)).to.equal(undefined);
      expect(rollup.state.account(1)!.nonce).to.equal(1);
    });

    it("with the last nonce", () => {
      const rollup = new SmallRollup({ alice: { index: 1, balance: 9n, nonce: 2 ** 32 - 2 }, bob: { index: 2 } });
      rollup.build({ transfers: [{ from: "alice", to: "bob", amount: 9n }] });
      expect(rollup.state.account(1)!.nonce).to.equal(2 ** 32 - 1);
    });

    it("in the last second before they expire", () => {
      people().build({ transfers: [{ from: "alice", to: "bob", amount: 9n, validUntil: TIMESTAMP }] });
      people().build({ transfers: [{ from: "alice", to: "bob", amount: 9n, validUntil: 2 ** 40 - 1 }] });
    });

    it("from the first second on at which they are good", () => {
      people().build({ transfers: [{ from: "alice", to: "bob", amount: 9n, validFrom: TIMESTAMP }] });
      people().build({ withdrawals: [{ from: "alice", amount: 9n, validFrom: 0 }] });
    });

    it("that fill rows and slots to the last", () => {
      const rollup = people();
      const full = { name: "full", transfers: 4, accounts: 4, l1Operations: 1, withdrawals: 1, segments: 2, nodes: 12 };
      const transfers = [
        { from: "alice", to: "bob", amount: 1n },
        { from: "bob", to: "carol", amount: 2n },
        { from: "carol", to: "dave", amount: 1n },
        { from: "dave", to: "alice", amount: 4n },
      ];
      const { accountsTouched, words } = rollup.build(
        { transfers, withdrawals: [{ from: "alice", amount: 3n }] },
        full,
      );
      expect(accountsTouched).to.equal(4);
      expect(words).to.have.lengthOf(126 + 62 + 2 * 31);
    });

    it("with the largest fee", () => {
      const fee = 2047n * 10n ** 31n;
      const rollup = new SmallRollup({ alice: { index: 1, balance: fee + 1n }, operator: { index: 2 } });
      rollup.build({ transfers: [{ from: "alice", to: "operator", amount: 1n, fee }], feeAccount: "operator" });
      expect(rollup.balance("operator")).to.equal(fee + 1n);
    });
  });

  describe("takes from and to L1", () => {
    it("deposits, to accounts that are there and to new ones", () => {
      const rollup = people();
      rollup.build({
        l1Operations: [
          { kind: "deposit", index: 1, ...ALICE_FIELDS, amount: 5n },
          { kind: "deposit", ...NEWCOMER, amount: 6n },
          { kind: "deposit", ...NEWCOMER, amount: 7n },
        ],
      });
      expect(rollup.balance("alice")).to.equal(1005n);
      expect(rollup.state.account(NEWCOMER.index)).to.include({ balance: 13n, nonce: 0, token: TOKEN });
    });

    it("withdrawals, published with the account's L1 address, before the transfers", () => {
      const rollup = people();
      const { published } = rollup.build({
        feeAccount: "operator",
        withdrawals: [
          { from: "alice", amount: 123n, fee: 7n },
          { from: "alice", amount: 70n },
        ],
        transfers: [{ from: "alice", to: "bob", amount: 800n }],
      });
      const { l1Address } = ownerOf("alice", 1);
      expect(published.withdrawals).to.deep.equal([
        { from: 1, amount: 123n, fee: 7n, l1Address },
        { from: 1, amount: 70n, fee: 0n, l1Address },
      ]);
      expect(rollup.state.account(1)).to.include({ balance: 0n, nonce: 3 });
      expect(rollup.balance("operator")).to.equal(7n);
    });

    it("withdrawals of what the same batch brings, with a fee that the fee account pays to itself", () => {
      const rollup = people();
      const { accountsTouched } = rollup.build({
        feeAccount: "alice",
        withdrawals: [{ from: "alice", amount: 1005n, fee: 9n }],
        transfers: [{ from: "bob", to: "alice", amount: 6n }],
      });
      expect(accountsTouched).to.equal(2);
      expect(balances(rollup, "alice", "bob")).to.deep.equal([1n, 194n]);
    });

    it("forced withdrawals of everything, and once only", () => {
      const rollup = people();
      const { l1Address } = ownerOf("dave", 4);
      const exit = { kind: "forcedWithdrawal", index: 4, token: TOKEN, l1Address } as const;
      const { published } = rollup.build({ l1Operations: [exit, exit] });
      expect(published.l1Operations).to.deep.equal([
        { ...exit, amount: 40n },
        { ...exit, amount: 0n },
      ]);
      expect(rollup.state.account(4)).to.deep.equal({ ...ownerOf("dave", 4), token: TOKEN, balance: 0n, nonce: 9 });
    });

    it("forced withdrawals that match nothing, as published no-ops", () => {
      const rollup = people();
      const root = rollup.state.root;
      const { l1Address } = ownerOf("dave", 4);
      const { published } = rollup.build({
        l1Operations: [
          { kind: "forcedWithdrawal", index: 4, token: TOKEN + 1, l1Address },
          { kind: "forcedWithdrawal", index: 4, token: TOKEN, l1Address: l1Address + 1n },
          { kind: "forcedWithdrawal", index: 0, token: 0, l1Address: 0n },
        ],
      });
      expect(published.l1Operations.map((operation) => "amount" in operation && operation.amount)).to.deep.equal([
        0n,
        0n,
        0n,
      ]);
      expect(rollup.state.root).to.equal(root);
    });

    it("operations in tokens that the batch does not move", () => {
      const rollup = people();
      const erin = { index: 5, ...ownerOf("erin", 5), token: TOKEN + 1 };
      rollup.build({
        l1Operations: [{ kind: "deposit", ...erin, amount: 3n }],
        transfers: [{ from: "alice", to: "bob", amount: 1n }],
      });
      expect(rollup.balance("erin")).to.equal(53n);
    });
  });

  describe("names", () => {
    it("no token and no fee account where it moves nothing", () => {
      const { published } = people().build({
        feeAccount: "operator",
        l1Operations: [{ kind: "creation", ...NEWCOMER }],
      });
      expect(published).to.include({ token: 0, feeAccount: 0 });
    });

    it("no fee account where there are no fees", () => {
      const wish = { feeAccount: "nobody", transfers: [{ from: "alice", to: "bob", amount: 1n }] };
      expect(people().build({ ...wish, feeAccount: 99 }).published).to.include({ token: TOKEN, feeAccount: 0 });
    });

    it("both where a withdrawal alone pays a fee", () => {
      const { published } = people().build({
        feeAccount: "operator",
        withdrawals: [{ from: "alice", amount: 1n, fee: 2n }],
      });
      expect(published).to.include({ token: TOKEN, feeAccount: 6 });
    });

    it("the roots before and after, its number and its time", () => {
      const rollup = people();
      const oldRoot = rollup.state.root;
      const { published } = rollup.build({ transfers: [{ from: "alice", to: "bob", amount: 1n }] });
      const { domain, state } = rollup;
      expect(published).to.include({ domain, oldRoot, newRoot: state.root, batchNumber: 3, timestamp: TIMESTAMP });
    });
  });

  it("may be empty", () => {
    const state = new RollupState();
    const { words, published } = buildBatch(state, ROOMY, new SmallRollup({}).request({}));
    expect(published.newRoot).to.equal(published.oldRoot);
    expect(words).to.have.lengthOf(126);
  });

  it("commits to its words but the transfers', its signatures' hashes, accesses, segments and nodes", () => {
    const rollup = people();
    const request = rollup.request({
      feeAccount: "operator",
      l1Operations: [{ kind: "deposit", ...NEWCOMER, amount: 6n }],
      withdrawals: [{ from: "dave", amount: 8n, fee: 1n }],
      transfers: [
        { from: "bob", to: "alice", amount: 11n, fee: 2n },
        { from: "bob", to: "carol", amount: 12n, fee: 3n },
      ],
    });
    const tree = rollup.state.treeFork();
    const after = rollup.state.fork();
    const { words, publicSignals } = buildBatch(after, ROOMY, request);
    const hash = ({ publicKey, signature }: Signed<Withdrawal>, message: bigint): bigint =>
      poseidon([signature.r8.x, signature.r8.y, publicKey.x, publicKey.y, message]);
    const unused = (domain: bigint): bigint =>
      poseidon([0n, 0n, BASE8.x, BASE8.y, poseidon([domain + BigInt(TOKEN) * 2n ** 232n, 0n])]);
    // The withdrawal's account, then others in the order in which transfers and fees name them first. All are in the
    // segment 0, and so are unused rows: the access at each time follows on the one before.
    const old = rollup.state.treeFork();
    const indexes = [NEWCOMER.index, 0, 0, 4, 2, 1, 3, 6, 0, 0, 0];
    const accesses = indexes.flatMap((index) => {
      const before = tree.node(3, 0);
      // Each account is touched once; so its leaf is then what it is after the batch.
      tree.setLeaf(index, leafOf(index, after.account(index)));
      return [before, tree.node(3, 0)];
    });
    const both = (level: number): bigint[] => [old.node(level, 0), tree.node(level, 0)];
    // Each access comes right after the one before: no gap. Six to an element.
    const packed = (numbers: readonly number[], bits: bigint): bigint =>
      numbers.reduceRight((sum, number) => (sum << bits) + BigInt(number), 0n);
    const node = (depth: number): number => 8 ** depth - 1 + 2 ** 22 + 2 ** 30;
    const elements = [
      ...readWords(ROOMY, words).slice(0, 4 + 3 * 3 + 2 * 2),
      hash(request.withdrawals[0]!, withdrawalMessage(rollup.domain, request.withdrawals[0]!)),
      unused(rollup.domain + 1n),
      ...request.transfers.map((transfer) => hash(transfer, transferMessage(rollup.domain, transfer))),
      ...Array<bigint>(6).fill(unused(rollup.domain)),
      ...accesses,
      ...both(3),
      ...Array<bigint>(6).fill(0n),
      ...[4, 5, 6, 7, 8, 9, 10, 11].flatMap(both),
      ...Array<bigint>(2 * 16).fill(EMPTY_NODES[1]!),
      ...[packed(indexes.slice(0, 6), 42n), packed(indexes.slice(6), 42n)],
      11n * 2n ** 23n + 2n ** 33n,
      ...[packed([7, 6, 5, 4, 3, 2, 1, 0].map(node), 31n), 0n, 0n],
    ];
    expect(publicSignals.c).to.equal(poseidonSponge(elements));
  });
});
