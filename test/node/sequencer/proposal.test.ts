import { expect } from "chai";
import type { Reverted } from "../../../l1/failure.ts";
import { packBatches } from "../../../l1/packed-batches.ts";
import { sendToRollup } from "../../../l1/send.ts";
import { claimsOf } from "../../../node/follow/escape.ts";
import { isOverdue, propose, sharesOf, type Proposal } from "../../../node/sequencer/proposal.ts";
import type { Store } from "../../../node/store/store.ts";
import { BATCH_SIZES } from "../../../protocol/constants.ts";
import { PROOF } from "../../support/chain/rollup.ts";
import { expectCode } from "../../support/errors.ts";
import { FOLLOWED_SIZES, FollowedRollup, placeOf } from "../../support/node/followed-rollup.ts";
import { follow, newStorePath } from "../../support/node/stores.ts";
import { addressOf } from "../../../node/follow/addresses.ts";

describe("node: proposals", () => {
  let world: FollowedRollup;
  let store: Store;
  beforeEach(async () => {
    world = await FollowedRollup.create();
    await world.fund();
  });
  afterEach(async () => {
    store.close();
    await world.close();
  });

  const now = (): Promise<number> => world.chain.networkHelpers.time.latest();
  const stranger = () => world.chain.signers["carol"]!;

  const inOptions = async () => ({ beneficiary: 0xbe4en, timestamp: await now() });
  const rowsOf = ({ id }: { readonly id: number }) => FOLLOWED_SIZES[id]!;

  /** The next one alone. */
  async function proposal(path = ":memory:"): Promise<Proposal> {
    store = await follow(world, { path });
    const shares = sharesOf(store, await now()).slice(0, 1);
    return propose(store, shares, rowsOf, await inOptions())[0]!;
  }
  async function proposals(): Promise<readonly Proposal[]> {
    store = await follow(world);
    return propose(store, sharesOf(store, await now()), rowsOf, await inOptions());
  }

  /** Sends a proposal as a stranger; the verifier of this rollup accepts every proof. */
  const submit = ({ size, batch, refundAddresses }: Proposal) =>
    sendToRollup(stranger(), world.address, "submitBatch", [
      ...[size.id, PROOF, 1n, batch.words, refundAddresses],
      addressOf(batch.beneficiary),
    ]);

  it("are accepted from a stranger once the queue is overdue, and serve it whole", async () => {
    await world.deposit("alice", 1, 21n);
    await world.forceWithdrawal("bob", placeOf("bob", 0), 0);
    await world.deposit("dave", 0, 22n);
    await world.passDeadline();
    const made = await proposal();
    expect(made.size.id).to.equal(0);
    await submit(made);
    const after = await follow(world);
    expect(after.queueBounds).to.deep.equal({ head: 11, tail: 11 });
    expect(after.state().root).to.equal(made.batch.published.newRoot);
    const balance = (name: string, token: number) => after.state().account(placeOf(name, token))!.balance;
    expect(balance("alice", 1)).to.equal(10n ** 12n + 1n + 21n);
    expect(balance("dave", 0)).to.equal(10n ** 12n + 30n + 22n);
    expect(balance("bob", 0)).to.equal(0n);
    expect(after.books.withdrawable(0, BigInt(world.chain.signers["bob"]!.address))).to.equal(10n ** 12n + 10n);
    after.close();
  });

  it("are not undone by what somebody queues while they are proven", async () => {
    await world.deposit("alice", 1, 21n);
    await world.passDeadline();
    const made = await proposal();
    await world.deposit("bob", 0, 22n);
    await submit(made);
    const after = await follow(world);
    expect(after.queueBounds).to.deep.equal({ head: 9, tail: 10 });
    after.close();
  });

  for (const depth of [1, 10]) {
    it(`are made anew where a reorganisation, ${depth} deep, took back what they stood on`, async () => {
      const path = newStorePath();
      await world.deposit("alice", 1, 21n);
      await world.passDeadline();
      const rejoin = await world.branch();
      await world.deposit("bob", 0, 22n);
      await world.mine(depth - 1);
      const lost = await proposal(path);
      expect(lost.refundAddresses).to.have.length(2);
      store.close();
      await rejoin();
      await world.deposit("dave", 0, 23n);
      await world.mine(depth);
      const refusal = (await expectCode("L1_REVERTED", () => submit(lost))) as Reverted;
      expect(refusal.reason).to.equal("WrongQueuePrefix");
      await submit(await proposal(path));
      const after = await follow(world);
      expect(after.queueBounds).to.deep.equal({ head: 10, tail: 10 });
      expect(after.state().account(placeOf("dave", 0))!.balance).to.equal(10n ** 12n + 30n + 23n);
      after.close();
    });
  }

  it("open an account for a deposit that has none, one for all of an owner's in a token", async () => {
    await world.deposit("erin", 0, 5n);
    await world.deposit("erin", 1, 6n);
    await world.deposit("erin", 0, 7n);
    await world.passDeadline();
    await submit(await proposal());
    const after = await follow(world);
    const erin = [...after.stored().accountsOf(BigInt(world.chain.signers["erin"]!.address))];
    expect(erin.map(([, { token, balance }]) => [token, balance])).to.deep.equal([
      [0, 12n],
      [1, 6n],
    ]);
    // One of those that are there is at index 1.
    expect(erin.map(([index]) => index)).to.deep.equal([2, 3]);
    after.close();
  });

  it("take as much as the roomiest size holds, and no roomier size than they need", async () => {
    for (let i = 0; i < 5; i++) await world.deposit("alice", 0, 30n + BigInt(i));
    await world.passDeadline();
    const first = await proposal();
    expect([first.size.id, first.refundAddresses.length]).to.deep.equal([0, 3]);
    await submit(first);
    store.close();
    await world.passDeadline();
    const second = await proposal();
    expect([second.size.id, second.refundAddresses.length]).to.deep.equal([0, 2]);
    await submit(second);
    store.close();
    world.servedBy(await follow(world));
    await world.deposit("alice", 0, 40n);
    await world.passDeadline();
    const third = await proposal();
    expect([third.size.id, third.refundAddresses.length]).to.deep.equal([1, 1]);
    await submit(third);
  });

  it("are as many as it takes until nothing is overdue, in one call", async () => {
    for (let i = 0; i < 7; i++) await world.deposit(i % 2 === 0 ? "erin" : "alice", 0, 30n + BigInt(i));
    await world.passDeadline();
    // Of those behind it the deadlines are later; the last one, which is not overdue, comes along where there is room.
    await world.chain.networkHelpers.time.increase(7 * 600);
    await world.deposit("bob", 0, 50n);
    const made = await proposals();
    expect(made.map(({ size, refundAddresses }) => [size.id, refundAddresses.length])).to.deep.equal([
      [0, 3],
      [0, 3],
      [0, 2],
    ]);
    const packed = packBatches(
      made.map(({ size, batch, refundAddresses }) => {
        const { words, beneficiary } = batch;
        return { size: size.id, proof: PROOF, c: 1n, words, refundAddresses, beneficiary: addressOf(beneficiary) };
      }),
    );
    await sendToRollup(stranger(), world.address, "submitBatches", [packed]);
    const after = await follow(world);
    expect(after.queueBounds).to.deep.equal({ head: 16, tail: 16 });
    expect(after.state().root).to.equal(made.at(-1)!.batch.published.newRoot);
    const erin = [...after.stored().accountsOf(BigInt(world.chain.signers["erin"]!.address))];
    expect(erin.map(([, { balance }]) => balance)).to.deep.equal([30n + 32n + 34n + 36n]);
    after.close();
  });

  it("leave what is not overdue yet to the operator, and are no more than one call should have", async () => {
    for (let i = 0; i < 40; i++) await world.deposit("alice", 0, 30n + BigInt(i));
    await world.passDeadline();
    store = await follow(world);
    const time = await now();
    expect(sharesOf(store, time).map(({ count }) => count)).to.deep.equal([3]);
    const { deadline } = store.waiting()[6]!;
    expect(sharesOf(store, deadline)).to.have.length(2);
    expect(sharesOf(store, deadline + 1)).to.have.length(3);
    expect(sharesOf(store, 2 ** 40)).to.have.length(8);
  });

  it("are not for now while nothing is overdue, and not at all once the rollup is frozen", async () => {
    store = await follow(world);
    expect(isOverdue(store, 2 ** 40)).to.equal(false);
    store.close();
    await world.deposit("alice", 0, 5n);
    store = await follow(world);
    const { deadline } = store.waiting()[0]!;
    expect(isOverdue(store, deadline)).to.equal(false);
    expect(isOverdue(store, deadline + 1)).to.equal(true);
    store.close();
    await world.freeze();
    store = await follow(world);
    await expectCode("ROLLUP_FROZEN", () => isOverdue(store, deadline + 1));
  });

  it("that somebody else's transaction overtook are refused with the contract's reason", async () => {
    await world.deposit("alice", 0, 5n);
    const early = await proposal();
    const reason = (sent: Promise<unknown>): Promise<string> =>
      sent.then(
        () => "taken",
        (error: unknown) => (error as Reverted).reason,
      );
    expect(await reason(submit(early))).to.equal("NotOperator");
    await world.passDeadline();
    await world.batch({ spends: [{ from: "bob", amount: 9n }] });
    await world.deposit("alice", 0, 6n);
    await world.passDeadline();
    expect(await reason(submit(early))).to.match(/^Wrong(OldRoot|BatchNumber)$/);
    expect(await reason(sendToRollup(stranger(), world.address, "withdraw", [0, stranger().address]))).to.equal(
      "NothingToWithdraw",
    );
  });

  describe("claims on a frozen rollup", () => {
    it("are accounts that hold something and waiting deposits, each until it has left", async () => {
      await world.forceWithdrawal("alice", placeOf("alice", 0), 0);
      await world.batch();
      await world.deposit("bob", 0, 5n);
      await world.deposit("alice", 1, 6n);
      await world.forceWithdrawal("alice", placeOf("alice", 1), 1);
      await world.freeze();
      store = await follow(world);
      const alice = BigInt(world.chain.signers["alice"]!.address);
      // Her first account is empty; the deposits here name refund addresses of nobody's.
      expect([...claimsOf(store, alice).accounts.keys()]).to.deep.equal([placeOf("alice", 1)]);
      const [first, second] = store.waiting().map(({ refundAddress }) => BigInt(refundAddress)) as [bigint, bigint];
      expect(claimsOf(store, first).deposits.map(({ place }) => place)).to.deep.equal([9]);
      expect(claimsOf(store, second).deposits.map(({ place }) => place)).to.deep.equal([10]);
      expect(claimsOf(store, 0n).deposits).to.deep.equal([]);
      store.close();

      await world.exit(placeOf("alice", 1));
      await world.refund(1);
      store = await follow(world);
      expect(claimsOf(store, alice).accounts.size).to.equal(0);
      expect(claimsOf(store, second).deposits).to.deep.equal([]);
      expect(claimsOf(store, first).deposits).to.have.length(1);
    });
  });
});

describe("node: the size of a proposal", () => {
  it("is a small one for little, whose key is soon fetched, and the one for a rush only in a rush", () => {
    const sizeFor = (waiting: number): string => {
      const sizes = BATCH_SIZES.map((size, id) => ({ ...size, id }));
      const stub = { sizes: () => sizes, waiting: () => Array.from({ length: waiting }, () => ({ deadline: 1 })) };
      return BATCH_SIZES[sharesOf(stub as unknown as Store, 0)[0]!.size.id]!.name;
    };
    expect([1, 2].map(sizeFor)).to.deep.equal(["batch-4", "batch-4"]);
    expect([3, 16, 500].map(sizeFor)).to.deep.equal(["rush-16", "rush-16", "rush-16"]);
  });
});
