import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";
import { appendToQueue } from "../../node/follow/batch-chain.ts";
import { EMPTY_QUEUE_HASH, type QueuedOperation } from "../../node/store/store.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
import { createBench, nextBatch, SLOTS, submit, type Bench } from "../support/chain/rollup.ts";

const DAY = 86400n;
const OPERATIONS: readonly (QueuedOperation["operation"] & { readonly amount: bigint })[] = [
  { kind: "deposit", index: 71, token: 0, l1Address: 0xa11ce001n, pubKeyY: 0x5eed01n, amount: 1001n },
  { kind: "forcedWithdrawal", index: 0xfedc_ba98, token: 1, l1Address: 0xb0b002n, amount: 0n },
  { kind: "deposit", index: 73, token: 1, l1Address: 0xca401003n, pubKeyY: 0x5eed03n, amount: 3003n },
];

describe("Rollup: queue", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
    await bench.token.mint(bench.alice, 10n ** 9n);
    await bench.token.connect(bench.alice).approve(bench.rollup, 10n ** 9n);
  });

  it("chains the hashes that TypeScript computes", async () => {
    const refunds = await enqueue(bench, OPERATIONS);
    let hash = EMPTY_QUEUE_HASH;
    for (const [place, operation] of OPERATIONS.entries()) {
      hash = appendToQueue(hash, { operation, refundAddress: refunds[place]! });
      expect((await bench.rollup.queueEntry(place)).cumulativeHash).to.equal(hash);
    }
  });

  it("keeps an operation in one storage slot", async () => {
    const { rollup, ethers } = bench;
    await enqueue(bench, OPERATIONS.slice(0, 1));
    const { cumulativeHash, deadline } = await rollup.queueEntry(0);
    const written = `0x${deadline.toString(16).padStart(10, "0")}${cumulativeHash.slice(2)}`;
    const slot = ethers.solidityPackedKeccak256(["uint256", "uint256"], [0, SLOTS.queue]);
    expect(await ethers.provider.getStorage(rollup, slot)).to.equal(written);
  });

  it("queues a forced withdrawal for its sender alone", async () => {
    const { rollup, bob, ethers } = bench;
    const fee = await rollup.queueFee();
    const request = rollup.connect(bob).requestWithdrawal(0xffff_ffff, 1, { value: fee + 9n });
    await expect(request).to.changeEtherBalances(ethers, [bob, rollup], [-fee, fee]);
    const { timestamp } = (await ethers.provider.getBlock("latest"))!;
    await expect(request)
      .to.emit(rollup, "WithdrawalRequested")
      .withArgs(0, bob.address, 1, 0xffff_ffff, BigInt(timestamp) + 3n * DAY);
  });

  it("refuses a forced withdrawal of an unknown token or without the fee", async () => {
    const { rollup, bob } = bench;
    const request = (token: number, value: bigint) => rollup.connect(bob).requestWithdrawal(5, token, { value });
    await expect(request(2, parseEther("1")))
      .to.be.revertedWithCustomError(rollup, "UnknownToken")
      .withArgs(2);
    const fee = await rollup.queueFee();
    await expect(request(1, fee - 1n))
      .to.be.revertedWithCustomError(rollup, "InsufficientValue")
      .withArgs(fee, fee - 1n);
  });

  it("asks a fee that rises with the queue, up to a limit, and falls as it is served", async () => {
    const { rollup } = bench;
    expect(await rollup.queueFee()).to.equal(parseEther("0.0002"));
    const refunds = await enqueue(bench, OPERATIONS.slice(0, 2));
    expect(await rollup.queueFee()).to.equal(parseEther("0.0004"));
    await submit(bench, await nextBatch(bench, { l1Operations: OPERATIONS.slice(0, 2) }), { refundAddresses: refunds });
    expect(await rollup.queueFee()).to.equal(parseEther("0.0002"));
    await setTail(5000n);
    expect(await rollup.queueFee()).to.equal(parseEther("0.1"));
  });

  it("never pays the fee out", async () => {
    const { rollup, ethers } = bench;
    await enqueue(bench, OPERATIONS);
    const held = await ethers.provider.getBalance(rollup);
    expect(held - (await rollup.tokenTotal(0))).to.equal(
      parseEther("0.0002") + parseEther("0.0003") + parseEther("0.0004"),
    );
  });

  it("fixes deadlines by place, with a limit, and never before the operation in front", async () => {
    const { rollup, networkHelpers } = bench;
    const start = BigInt(await networkHelpers.time.latest()) + 1000n;
    const deadlineAt = async (place: number, time: bigint) => {
      await networkHelpers.time.setNextBlockTimestamp(time);
      await rollup.connect(bench.bob).requestWithdrawal(6, 0, { value: parseEther("1") });
      return (await rollup.queueEntry(place)).deadline;
    };
    expect(await deadlineAt(0, start)).to.equal(start + 3n * DAY);
    expect(await deadlineAt(1, start + 10n)).to.equal(start + 10n + 3n * DAY + 600n);
    // As if 5000 waited: the limit holds.
    await setTail(5000n);
    expect(await deadlineAt(5000, start + 20n)).to.equal(start + 20n + 14n * DAY);
    // As if all but the last were served: the next one's own deadline would be earlier than that of the one in front.
    await setHead(5000n);
    expect(await deadlineAt(5001, start + 30n)).to.equal(start + 20n + 14n * DAY);
    // As if all were served: whatever the last one's deadline was, it is over.
    await setHead(5002n);
    expect(await deadlineAt(5002, start + 40n)).to.equal(start + 40n + 3n * DAY);
    expect(await deadlineAt(5003, start + 50n)).to.equal(start + 50n + 3n * DAY + 600n);
  });

  it("keeps hashing behind what was served, and freezes by the new deadline alone", async () => {
    const { rollup, networkHelpers } = bench;
    // The first operation joins 2,000 others, as it were, and all of them are served.
    await setTail(2000n);
    const refundAddresses = await enqueue(bench, OPERATIONS.slice(0, 1));
    await setHead(2001n);
    const { cumulativeHash, deadline: stretched } = await rollup.queueEntry(2000);
    await rollup.connect(bench.bob).requestWithdrawal(6, 0, { value: parseEther("1") });
    const operation = { kind: "forcedWithdrawal", index: 6, token: 0, l1Address: BigInt(bench.bob.address) } as const;
    const entry = await rollup.queueEntry(2001);
    expect(refundAddresses).to.have.length(1);
    expect(entry.cumulativeHash).to.equal(appendToQueue(cumulativeHash, { operation, refundAddress: ZeroAddress }));
    expect(entry.deadline).to.be.lessThan(stretched);
    expect(await rollup.freezeTime()).to.equal(entry.deadline + 7n * DAY);
    await networkHelpers.time.increaseTo(entry.deadline + 1n);
    expect(await rollup.isOverdue()).to.equal(true);
  });

  it("is overdue after the oldest deadline, not at it, and not when empty", async () => {
    const { rollup, networkHelpers } = bench;
    expect(await rollup.isOverdue()).to.equal(false);
    await enqueue(bench, OPERATIONS.slice(0, 1));
    const { deadline } = await rollup.queueEntry(0);
    await networkHelpers.time.increaseTo(deadline);
    expect(await rollup.isOverdue()).to.equal(false);
    await networkHelpers.time.increaseTo(deadline + 1n);
    expect(await rollup.isOverdue()).to.equal(true);
  });

  // Progress is one slot: queueTail 40 | queueHead 40 | timestamp 40 | batchNumber 32, most significant first.
  const setTail = (tail: bigint) => setProgress((value) => (value & ((1n << 112n) - 1n)) | (tail << 112n));
  const setHead = (head: bigint) => setProgress((value) => (value & ~(((1n << 40n) - 1n) << 72n)) | (head << 72n));

  async function setProgress(change: (value: bigint) => bigint) {
    const { rollup, ethers, networkHelpers } = bench;
    const value = BigInt(await ethers.provider.getStorage(rollup, SLOTS.progress));
    await networkHelpers.setStorageAt(await rollup.getAddress(), SLOTS.progress, change(value));
  }
});
