import { expect } from "chai";
import fc from "fast-check";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { replayBatch } from "../../protocol/replay.ts";
import { RollupState } from "../../protocol/state.ts";
import { layoutOf, readNumbers } from "../../protocol/words.ts";
import { expectCode } from "../support/errors.ts";
import { flipped } from "../support/protocol/flipped.ts";
import { ownerOf, ROOMY, SmallRollup, TOKEN, type Wish } from "../support/protocol/small-rollup.ts";
import { LONG } from "../support/random.ts";

const NEWCOMER = { index: 77, ...ownerOf("newcomer", 77), token: TOKEN };
const HOLDINGS = {
  alice: { index: 1, balance: 1000n },
  bob: { index: 2, balance: 200n, nonce: 4 },
  dave: { index: 4, balance: 40n, nonce: 9 },
  erin: { index: 5, balance: 50n, token: TOKEN + 1 },
  operator: { index: 6 },
};
const EVERYTHING: Wish = {
  feeAccount: "operator",
  l1Operations: [
    { kind: "forcedWithdrawal", index: 4, token: TOKEN, l1Address: ownerOf("dave", 4).l1Address },
    { kind: "deposit", ...NEWCOMER, amount: 6n },
    { kind: "forcedWithdrawal", index: 5, token: TOKEN, l1Address: ownerOf("erin", 5).l1Address },
  ],
  withdrawals: [{ from: "bob", amount: 8n, fee: 1n }],
  transfers: [
    { from: "alice", to: "bob", amount: 110n, fee: 2n },
    { from: "bob", to: 77, amount: 281n, fee: 3n },
  ],
};

/** What a batch publishes, and the state of a node that has not seen it yet. */
function published(wish: Wish): { node: RollupState; words: Uint8Array; after: SmallRollup } {
  const node = new SmallRollup(HOLDINGS).state;
  const after = new SmallRollup(HOLDINGS);
  return { node, words: after.build(wish).words, after };
}

describe("protocol: replay", () => {
  it("ends where the operator's state ended, and tells what was in the batch", () => {
    const after = new SmallRollup(HOLDINGS);
    const node = new SmallRollup(HOLDINGS).state;
    const batch = after.build(EVERYTHING);
    expect(replayBatch(node, ROOMY, batch.words)).to.deep.equal(batch.published);
    expect(node.root).to.equal(after.state.root);
    expect([...node.accounts()]).to.deep.equal([...after.state.accounts()]);
    expect(node.account(2)).to.include({ balance: 200n - 9n + 110n - 284n, nonce: 6 });
  });

  it("follows a rollup from its first batch", () => {
    const operator = new SmallRollup({}, { alice: 1, bob: 2 });
    const [alice, bob] = [ownerOf("alice", 1), ownerOf("bob", 2)];
    const node = new RollupState();
    const batches: Wish[] = [
      { l1Operations: [{ kind: "deposit", index: 1, ...alice, token: TOKEN, amount: 500n }] },
      {
        l1Operations: [{ kind: "creation", index: 2, ...bob, token: TOKEN }],
        transfers: [{ from: "alice", to: "bob", amount: 100n }],
      },
      { withdrawals: [{ from: "bob", amount: 60n }] },
      { l1Operations: [{ kind: "forcedWithdrawal", index: 1, token: TOKEN, l1Address: alice.l1Address }] },
    ];
    for (const wish of batches) {
      replayBatch(node, ROOMY, operator.build(wish).words);
      expect(node.root).to.equal(operator.state.root);
    }
    expect([...node.accounts().values()].map(({ balance }) => balance)).to.deep.equal([0n, 40n]);
  });

  describe("accepts what the circuit accepts and this state machine never writes", () => {
    it("floats with a larger exponent than they need", () => {
      const { node, words, after } = published({
        feeAccount: "operator",
        transfers: [{ from: "alice", to: "bob", amount: 110n, fee: 20n }],
      });
      const amount = 110n ^ ((1n << 39n) | 11n);
      const fee = 20n ^ ((1n << 11n) | 2n);
      const other = flipped(words, "transfers[0, 1]", ((amount << 16n) | fee) << 124n);
      expect(replayBatch(node, ROOMY, other).transfers).to.deep.equal([{ from: 1, to: 2, amount: 110n, fee: 20n }]);
      expect(node.root).to.equal(after.state.root);
    });

    it("0 with an exponent", () => {
      const { node, words, after } = published({ transfers: [{ from: "alice", to: "bob", amount: 110n }] });
      replayBatch(node, ROOMY, flipped(words, "transfers[0, 1]", (31n << 11n) << 124n));
      expect(node.root).to.equal(after.state.root);
    });

    it("transfers of nothing to an index without account, even to 0", () => {
      const { node, words, after } = published({ transfers: [{ from: "alice", to: 999, amount: 0n }] });
      replayBatch(node, ROOMY, flipped(words, "transfers[0, 1]", 999n << (60n + 124n)));
      expect(node.root).to.equal(after.state.root);
      expect(node.account(1)!.nonce).to.equal(1);
    });

    it("a fee account without fees, empty or not", () => {
      for (const feeAccount of [6n, 999n]) {
        const { node, words, after } = published({ transfers: [{ from: "alice", to: "bob", amount: 110n }] });
        const batch = replayBatch(node, ROOMY, flipped(words, "numbers", feeAccount << 48n));
        expect(batch.feeAccount).to.equal(Number(feeAccount));
        expect(node.root).to.equal(after.state.root);
      }
    });
  });

  describe("leaves the state as it was", () => {
    /** Bits to flip in the words of `EVERYTHING`. */
    const changes: [ErrorCode, string, string, bigint][] = [
      ["ROOT_MISMATCH", "the root before", "oldRoot", 1n],
      ["ROOT_MISMATCH", "the root after", "newRoot", 1n],
      ["ROOT_MISMATCH", "the amount of a forced withdrawal", "l1Operations[0].amount", 1n],
      ["ROOT_MISMATCH", "an amount for a forced withdrawal that matched nothing", "l1Operations[2].amount", 1n],
      ["ROOT_MISMATCH", "the amount of a deposit", "l1Operations[1].amount", 1n],
      ["ROOT_MISMATCH", "the key of a deposit", "l1Operations[1].pubKeyY", 1n],
      ["ROOT_MISMATCH", "a deposit on an index of another owner", "l1Operations[1].word", (77n ^ 1n) << 176n],
      ["ROOT_MISMATCH", "the L1 address of a withdrawal", "withdrawals[0].word", 1n],
      ["ROOT_MISMATCH", "the fee of a withdrawal", "withdrawals[0].word", 1n << 161n],
      ["ROOT_MISMATCH", "the amount of a withdrawal", "withdrawals[0].amount", 1n],
      ["ROOT_MISMATCH", "a withdrawal of more than there is", "withdrawals[0].amount", 1n << 127n],
      ["ROOT_MISMATCH", "the sender of a transfer", "transfers[0, 1]", 2n << (92n + 124n)],
      ["ROOT_MISMATCH", "the receiver of a transfer", "transfers[0, 1]", 2n << (60n + 124n)],
      ["ROOT_MISMATCH", "the amount of a transfer", "transfers[0, 1]", 1n << 16n],
      ["ROOT_MISMATCH", "the fee of a transfer", "transfers[0, 1]", 1n],
      ["ROOT_MISMATCH", "the fee account", "numbers", 4n << 48n],
      ["ROOT_MISMATCH", "the token", "numbers", 1n << 80n],
      ["WORDS_MALFORMED", "the number of transfers", "numbers", 2n ^ 3n],
      ["WORDS_MALFORMED", "a kind that does not exist", "l1Operations[0].word", 4n << 208n],
    ];
    for (const [code, name, place, bits] of changes) {
      it(`${code}: ${name}`, async () => {
        const { node, words } = published(EVERYTHING);
        const root = node.root;
        await expectCode(code, () => replayBatch(node, ROOMY, flipped(words, place, bits)));
        expect(node.root).to.equal(root);
        expect(node.account(1)).to.include({ balance: 1000n, nonce: 0 });
        replayBatch(node, ROOMY, words);
      });
    }

    it("where any bit is flipped that L1 does not check itself", () => {
      const wish = { ...EVERYTHING, l1Operations: EVERYTHING.l1Operations!.slice(0, 2) };
      const { node, words } = published(wish);
      const root = node.root;
      const places = layoutOf(readNumbers(words)).filter(({ name }) => name !== "domain");
      const flips = fc
        .constantFrom(...places)
        .chain(({ name, bytes }) => fc.record({ name: fc.constant(name), bit: fc.nat(8 * bytes - 1) }));
      // Batch number and timestamp.
      const checked = ({ name, bit }: { name: string; bit: number }): boolean =>
        name === "numbers" && bit >= 96 && bit < 168;
      const property = fc.property(
        flips.filter((flip) => !checked(flip)),
        ({ name, bit }) => {
          const error = failure(() => replayBatch(node, ROOMY, flipped(words, name, 1n << BigInt(bit))));
          expect(error.code).to.be.oneOf(["ROOT_MISMATCH", "WORDS_MALFORMED"]);
          expect(node.root).to.equal(root);
        },
      );
      fc.assert(property, { numRuns: LONG ? 600 : 40 });
    });

    it("where the batch was replayed already, or comes too early", async () => {
      const { node, words, after } = published(EVERYTHING);
      replayBatch(node, ROOMY, words);
      await expectCode("ROOT_MISMATCH", () => replayBatch(node, ROOMY, words));
      const next = after.build({ transfers: [{ from: "alice", to: "bob", amount: 1n }] });
      const late = published(EVERYTHING).node;
      await expectCode("ROOT_MISMATCH", () => replayBatch(late, ROOMY, next.words));
      replayBatch(node, ROOMY, next.words);
      expect(node.root).to.equal(after.state.root);
    });

    it("where the words are cut off", async () => {
      const { node, words } = published(EVERYTHING);
      await expectCode("WORDS_MALFORMED", () => replayBatch(node, ROOMY, words.subarray(0, -31)));
    });
  });

  it("does not credit an account at index 0", async () => {
    const { node, words } = published(EVERYTHING);
    const atZero = flipped(words, "l1Operations[1].word", 77n << 176n);
    const error = await expectCode("ROOT_MISMATCH", () => replayBatch(node, ROOMY, atZero));
    expect(error.cause).to.be.instanceOf(SheafError).and.have.property("code", "INDEX_RESERVED");
  });
});

function failure(action: () => unknown): SheafError {
  try {
    action();
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}
