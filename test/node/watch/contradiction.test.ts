import { expect } from "chai";
import { packBatches } from "../../../l1/packed-batches.ts";
import { L1 } from "../../../node/l1/l1.ts";
import {
  callOf,
  contradictionIn,
  objectionTo,
  trueBatch,
  type Contradiction,
} from "../../../node/watch/contradiction.ts";
import { findRefused, type RefusedBatch } from "../../../node/watch/refused-batch.ts";
import { Follower } from "../../../node/follow/follower.ts";
import { openStore } from "../../../node/follow/restore.ts";
import type { Store } from "../../../node/store/store.ts";
import type { ProvenBatch } from "../../../node/submitter/submission.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { decodeWords } from "../../../protocol/decode.ts";
import { encodeWords, type PublishedBatch } from "../../../protocol/words.ts";
import { expectCode } from "../../support/errors.ts";
import { FOLLOWED_SIZES, FollowedRollup, placeOf } from "../../support/node/followed-rollup.ts";
import { rpcOf, SWIFT } from "../../support/node/stores.ts";

// The rollup's verifiers take any proof: what is tried here is what is found, and whether it can be proven at all.
describe("node: a batch that does not follow", () => {
  let world: FollowedRollup;
  let goBack: () => Promise<void>;
  let l1: L1;
  let store: Store;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    l1 = new L1(rpcOf(world), world.address);
  });
  beforeEach(async () => {
    goBack = await world.branch();
    store = await openStore(l1, ":memory:");
    await new Follower(l1, store, SWIFT).sync();
  });
  afterEach(async () => {
    store.close();
    await goBack();
  });
  after(() => world.close());

  /** The batch with other words, which a verifier took that takes anything. */
  function forged(batch: ProvenBatch, change: (published: PublishedBatch) => Partial<PublishedBatch>): ProvenBatch {
    const size = FOLLOWED_SIZES[batch.size]!;
    const published = decodeWords(size, batch.words);
    return { ...batch, words: encodeWords(size, { ...published, ...change(published) }) };
  }
  const otherRoot = (batch: ProvenBatch): ProvenBatch => forged(batch, () => ({ newRoot: 666n }));

  async function submit(...batches: readonly ProvenBatch[]): Promise<string> {
    const { rollup, signers } = world.chain;
    const sent = await rollup.connect(signers["operator"]).submitBatches(packBatches(batches));
    return sent.hash;
  }
  const found = async (): Promise<RefusedBatch> => (await findRefused(l1, store, { blocks: 3 }))!;
  const rowsOf = ({ size }: RefusedBatch) => FOLLOWED_SIZES[size.id]!;
  const reasonOf = async (): Promise<string> => {
    const refused = await found();
    const error = await expectCode("CONTRADICTION_IMPOSSIBLE", () => trueBatch(refused, rowsOf(refused)));
    expect(error.message).to.match(new RegExp(`^batch ${refused.number}: `));
    return error.message;
  };

  it("is not found where all follow", async () => {
    await world.batch({ spends: [{ from: "alice", to: "bob", amount: 5n }] });
    await world.mine(5);
    expect(await findRefused(l1, store, { blocks: 3 })).to.equal(undefined);
  });

  it("is found behind others, of the same transaction too, with the proof that L1 took", async () => {
    await world.batch({ spends: [{ from: "alice", to: "bob", amount: 5n }] });
    await world.mine(5);
    const right = await world.proven({ spends: [{ from: "bob", to: "alice", amount: 6n }] });
    await world.deposit("alice", 0, 7n);
    const wrong = otherRoot(await world.proven());
    const transaction = await submit(right, { ...wrong, proof: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n] });
    const { cursor } = store;
    const refused = await found();
    expect(refused).to.include({ number: wrong.batchNumber, transaction });
    expect(refused.fault.code).to.equal("ROOT_MISMATCH");
    expect(refused.submission.proof).to.deep.equal([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
    expect(store.cursor).to.deep.equal(cursor);
  });

  it("can be proven to lead elsewhere where nobody had to sign", async () => {
    await world.deposit("alice", 0, 7n);
    await world.forceWithdrawal("carol", placeOf("carol", 0), 0);
    const wrong = otherRoot(await world.proven());
    const { rollup, signers } = world.chain;
    const { size, proof, c, words, refundAddresses, beneficiary } = wrong;
    await rollup.connect(signers["operator"]).submitBatch(size, proof, c, words, [...refundAddresses], beneficiary);
    const refused = await found();
    expect(refused.submission.proof).to.deep.equal(proof);
    const batch = trueBatch(refused, rowsOf(refused));
    expect(batch.published.newRoot).to.equal(world.state.root);
    expect(batch.words).to.deep.equal(forged(wrong, () => ({ newRoot: world.state.root })).words);

    const other = { proof: [...proof], c: batch.publicSignals.c, words: batch.words, beneficiary };
    const contradiction: Contradiction = [size, refused.submission, other];
    expect(await objectionTo(l1, contradiction)).to.equal(undefined);
    const spoiled: Contradiction = [size, refused.submission, refused.submission];
    expect(await objectionTo(l1, spoiled)).to.equal("NoContradiction");
    const again = contradictionIn(callOf(contradiction));
    await signers["alice"]!.sendTransaction({ to: world.address, data: callOf(again) });
    expect(await rollup.isFrozen()).to.equal(true);
    expect(await objectionTo(l1, contradiction)).to.equal("RollupFrozen");
  });

  it("cannot be proven without the signatures of its rows", async () => {
    await submit(otherRoot(await world.proven({ spends: [{ from: "alice", to: "bob", amount: 5n }] })));
    expect(await reasonOf())
      .to.include("1 transfers and 0 withdrawals")
      .and.to.include("signatures");
  });

  it("cannot be proven where it pays what its state does not", async () => {
    await world.forceWithdrawal("carol", placeOf("carol", 0), 0);
    const wrong = forged(await world.proven(), ({ l1Operations: [first] }) => ({
      l1Operations: [{ ...first!, amount: 1n } as typeof first & object],
    }));
    await submit(wrong);
    expect(await reasonOf()).to.include("wrong in more than the new root");
  });

  it("cannot be proven where its rows cannot follow at all", async () => {
    await world.deposit("alice", 0, 7n);
    const wrong = forged(await world.proven(), ({ l1Operations: [first] }) => ({
      l1Operations: [{ ...first!, index: placeOf("bob", 0) }],
    }));
    await submit(wrong);
    expect(await reasonOf()).to.include("cannot follow");
  });

  it("cannot be proven where its words have no meaning, or its transfers are in a blob", async () => {
    const { rows: size, refused } = await deposited();
    const broken = new SheafError("WORDS_MALFORMED", "broken");
    const without = await expectCode("CONTRADICTION_IMPOSSIBLE", () => trueBatch({ ...refused, fault: broken }, size));
    expect(without.message).to.include("no meaning");
    const published = { ...decodeWords(size, refused.submission.words), inBlob: true };
    const submission = { ...refused.submission, words: encodeWords(size, published) };
    const blob = await expectCode("CONTRADICTION_IMPOSSIBLE", () => trueBatch({ ...refused, submission }, size));
    expect(blob.message).to.include("in a blob");
  });

  async function deposited() {
    await world.deposit("alice", 0, 7n);
    await submit(otherRoot(await world.proven()));
    const refused = await found();
    return { refused, rows: rowsOf(refused) };
  }
});
