import { expect } from "chai";
import type { PublishedL1Operation } from "../../protocol/words.ts";
import { addressOf, enqueue } from "../support/chain/l1-queue.ts";
import { createBench, nextBatch, submit, type Bench } from "../support/chain/rollup.ts";

const TAKEN = { kind: "deposit", index: 71, token: 0, l1Address: 0xa1n, pubKeyY: 0x51n, amount: 1001n } as const;
const FORCED = { kind: "forcedWithdrawal", index: 72, token: 0, l1Address: 0xb0b2n, amount: 0n } as const;
const OF_ETHER = { kind: "deposit", index: 0, token: 0, l1Address: 0xa3n, pubKeyY: 0x53n, amount: 3003n } as const;
const OF_TOKEN = { kind: "deposit", index: 0, token: 1, l1Address: 0xa4n, pubKeyY: 0x54n, amount: 4004n } as const;
const QUEUE: readonly PublishedL1Operation[] = [TAKEN, FORCED, OF_ETHER, OF_TOKEN];

type Refund = Parameters<Bench["rollup"]["refundDeposit"]>;

describe("Rollup: refunds", () => {
  let bench: Bench;
  let refunds: string[];

  // A batch took the first operation; the other three wait.
  beforeEach(async () => {
    bench = await createBench();
    const { rollup, token, alice } = bench;
    await token.mint(alice, 10_000n);
    await token.connect(alice).approve(rollup, 10_000n);
    refunds = await enqueue(bench, QUEUE);
    const batch = await nextBatch(bench, { l1Operations: [TAKEN] });
    await submit(bench, batch, { refundAddresses: refunds.slice(0, 1) });
  });

  async function freeze(): Promise<void> {
    await bench.networkHelpers.time.increaseTo((await bench.rollup.freezeTime()) + 1n);
    await bench.rollup.freeze();
  }

  const argumentsOf = (place: number): Refund => {
    const { token, l1Address, ...rest } = QUEUE[place]!;
    const { pubKeyY, amount } = { pubKeyY: 0n, amount: 0n, ...rest };
    return [place, token, amount, pubKeyY, addressOf(l1Address), refunds[place]!];
  };
  const refund = (args: Refund) => bench.rollup.connect(bench.mallory).refundDeposit(...args);
  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(bench.rollup, error);

  it("credit each deposit that no batch took to its refund address, whoever calls", async () => {
    const { rollup, ethers, token } = bench;
    await freeze();
    const before = await rollup.tokenTotal(0);
    await expect(refund(argumentsOf(2)))
      .to.emit(rollup, "DepositRefunded")
      .withArgs(2, 0, ethers.getAddress(refunds[2]!), 3003n);
    await refund(argumentsOf(3));
    expect(await rollup.tokenTotal(0)).to.equal(before);
    expect(await rollup.withdrawable(0, refunds[2]!)).to.equal(3003n);
    expect((await rollup.queueEntry(2)).deadline).to.equal(0n);
    await expect(rollup.withdraw(0, refunds[2]!)).to.changeEtherBalance(ethers, refunds[2]!, 3003n);
    await expect(rollup.withdraw(1, refunds[3]!)).to.changeTokenBalance(ethers, token, refunds[3]!, 4004n);
  });

  it("are not there before the rollup is frozen", async () => {
    await refused(refund(argumentsOf(2)), "NotFrozen");
  });

  it("happen once, in any order", async () => {
    await freeze();
    for (const place of [3, 2]) {
      await refund(argumentsOf(place));
      await refused(refund(argumentsOf(place)), "AlreadyRefunded");
    }
    expect(await bench.rollup.withdrawable(1, refunds[3]!)).to.equal(4004n);
  });

  it("are not for what a batch took, nor for what was never queued", async () => {
    await freeze();
    await refused(refund(argumentsOf(0)), "NotQueued");
    const absent = argumentsOf(3);
    absent[0] = 4;
    await refused(refund(absent), "NotQueued");
  });

  it("are not for forced withdrawals", async () => {
    await freeze();
    await refused(refund(argumentsOf(1)), "WrongDeposit");
  });

  it("take no other deposit than the queue's, in any part", async () => {
    await freeze();
    const [place, token, amount, key, l1Address, refundAddress] = argumentsOf(2);
    const { mallory } = bench;
    const wrong: Refund[] = [
      [3, token, amount, key, l1Address, refundAddress],
      [place, 1, amount, key, l1Address, refundAddress],
      [place, token, 3004n, key, l1Address, refundAddress],
      [place, token, amount, 0x54n, l1Address, refundAddress],
      [place, token, amount, key, mallory.address, refundAddress],
      [place, token, amount, key, l1Address, mallory.address],
    ];
    for (const args of wrong) await refused(refund(args), "WrongDeposit");
    await refund([place, token, amount, key, l1Address, refundAddress]);
  });

  it("reach the first operation that was ever queued", async () => {
    const fresh = await createBench();
    bench = fresh;
    refunds = await enqueue(fresh, [TAKEN]);
    await freeze();
    await refund([0, 0, TAKEN.amount, TAKEN.pubKeyY, addressOf(TAKEN.l1Address), refunds[0]!]);
    expect(await fresh.rollup.withdrawable(0, refunds[0]!)).to.equal(TAKEN.amount);
  });
});
