import { expect } from "chai";
import type { Receiver, ReentrantToken } from "../../types/generated/index.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
import { createBench, nextBatch, submit, type Bench } from "../support/chain/rollup.ts";

const DAY = 86400n;
const DEPOSIT = {
  kind: "deposit",
  index: 71,
  token: 0,
  l1Address: 0xa11ce1n,
  pubKeyY: 0x5eed01n,
  amount: 1001n,
} as const;

describe("Rollup: freeze", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });

  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(bench.rollup, error);

  /** Lets the oldest operation's deadline pass, and the time for open submission after it. */
  async function abandon(): Promise<void> {
    await bench.networkHelpers.time.increaseTo((await bench.rollup.freezeTime()) + 1n);
  }

  it("waits for the oldest deadline and a week of open submission, then is anyone's", async () => {
    const { rollup, mallory, networkHelpers } = bench;
    await enqueue(bench, [DEPOSIT, DEPOSIT]);
    const { deadline } = await rollup.queueEntry(0);
    expect(await rollup.freezeTime()).to.equal(deadline + 7n * DAY);
    await networkHelpers.time.increaseTo(deadline + 7n * DAY - 1n);
    await networkHelpers.time.setNextBlockTimestamp(deadline + 7n * DAY);
    await refused(rollup.connect(mallory).freeze(), "NotYetFreezable");
    expect(await rollup.isFrozen()).to.equal(false);
    await abandon();
    await expect(rollup.connect(mallory).freeze())
      .to.emit(rollup, "Frozen")
      .withArgs(await rollup.stateRoot());
    expect(await rollup.isFrozen()).to.equal(true);
  });

  it("needs something in the queue, for it alone shows that nobody serves", async () => {
    const { rollup, networkHelpers, ethers } = bench;
    expect(await rollup.freezeTime()).to.equal(ethers.MaxUint256);
    await networkHelpers.time.increase(400n * DAY);
    await refused(rollup.freeze(), "NotYetFreezable");
  });

  it("is put off by whoever serves the queue, until it stands still again", async () => {
    const { rollup, mallory } = bench;
    const operations = [DEPOSIT, { ...DEPOSIT, amount: 2002n }];
    const refundAddresses = await enqueue(bench, operations);
    await abandon();
    const batch = await nextBatch(bench, { l1Operations: operations });
    await submit(bench, batch, { sender: mallory, refundAddresses });
    await refused(rollup.freeze(), "NotYetFreezable");
    await enqueue(bench, [DEPOSIT]);
    await refused(rollup.freeze(), "NotYetFreezable");
    await abandon();
    await rollup.freeze();
  });

  it("ends batches, deposits and requests, for good, and the operator's and owner's say with them", async () => {
    const { rollup, alice, operator, owner } = bench;
    await enqueue(bench, [DEPOSIT]);
    await abandon();
    await rollup.freeze();
    const value = 10n ** 18n;
    const attempts = [
      async () => submit(bench, await nextBatch(bench), { sender: operator }),
      async () => submit(bench, await nextBatch(bench), { sender: alice }),
      () => rollup.connect(alice).deposit(0, 5n, 6n, alice, alice, { value }),
      () => rollup.connect(alice).requestWithdrawal(5, 0, { value }),
      () => rollup.freeze(),
    ];
    for (const attempt of attempts) await refused(attempt(), "RollupFrozen");
    await rollup.connect(owner).setDepositsPaused(true);
    await rollup.connect(owner).setDepositsPaused(false);
    await rollup.connect(owner).setOperator(alice);
    for (const attempt of attempts) await refused(attempt(), "RollupFrozen");
    expect(await rollup.isFrozen()).to.equal(true);
  });

  it("leaves credits to be pulled", async () => {
    const { rollup, alice, bob, ethers } = bench;
    const deposit = { ...DEPOSIT, l1Address: BigInt(alice.address) };
    const refundAddresses = await enqueue(bench, [deposit]);
    const withdrawals = [{ from: 9, fee: 0n, l1Address: BigInt(bob.address), amount: 600n }];
    await submit(bench, await nextBatch(bench, { l1Operations: [deposit], withdrawals }), { refundAddresses });
    await enqueue(bench, [DEPOSIT]);
    await abandon();
    await rollup.freeze();
    await expect(rollup.withdraw(0, bob)).to.changeEtherBalances(ethers, [rollup, bob], [-600n, 600n]);
  });

  it("does not happen within a deposit or a payout", async () => {
    const { rollup, alice, owner, ethers } = bench;
    const token = await ethers.deployContract("ReentrantToken");
    await rollup.connect(owner).registerToken(token);
    await fund(token);
    await enqueue(bench, [DEPOSIT]);
    await abandon();
    await token.arm(rollup, rollup.interface.encodeFunctionData("freeze"));
    const deposit = rollup.connect(alice).deposit(2, 500n, 5n, alice, alice, { value: await rollup.queueFee() });
    await refused(deposit, "ReentrancyGuardReentrantCall");
  });

  it("may be called by a contract", async () => {
    const { rollup, ethers } = bench;
    await enqueue(bench, [DEPOSIT]);
    await abandon();
    const wallet = (await ethers.deployContract("Receiver", [rollup])) as Receiver;
    await wallet.forward(rollup.interface.encodeFunctionData("freeze"));
    expect(await rollup.isFrozen()).to.equal(true);
  });

  async function fund(token: ReentrantToken): Promise<void> {
    await token.mint(bench.alice, 1000n);
    await token.connect(bench.alice).approve(bench.rollup, 1000n);
  }
});
