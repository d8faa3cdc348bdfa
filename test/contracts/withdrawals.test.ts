import { expect } from "chai";
import type { PublishedBatch } from "../../protocol/words.ts";
import { addressOf, enqueue } from "../support/queue.ts";
import { createBench, nextBatch, submit, type Bench } from "../support/rollup.ts";

// The rollup of these tests accepts every proof: they are about what happens to credits, not about who earned them.
describe("Rollup: withdrawals", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
    const { rollup, token, alice } = bench;
    await token.mint(alice, 10_000n);
    await token.connect(alice).approve(rollup, 10_000n);
    const value = 10_000n + 2n * (await rollup.queueFee()) + 10n ** 15n;
    await rollup.connect(alice).deposit(0, 10_000n, 1n, alice, alice, { value });
    await rollup.connect(alice).deposit(1, 10_000n, 1n, alice, alice, { value: await rollup.queueFee() });
    const common = { kind: "deposit", l1Address: BigInt(alice.address), pubKeyY: 1n, amount: 10_000n } as const;
    const l1Operations = [0, 1].map((token) => ({ ...common, token, index: 50 + token }));
    const refundAddresses = [alice.address, alice.address];
    await submit(bench, await nextBatch(bench, { l1Operations }), { refundAddresses });
  });

  const withdrawal = (account: { address: string }, amount: bigint, from = 91) => ({
    from,
    fee: 7n,
    l1Address: BigInt(account.address),
    amount,
  });

  async function settle(changes: Partial<PublishedBatch>) {
    return submit(bench, await nextBatch(bench, changes));
  }

  it("credits each row to its address, in the batch's token, and pays on demand", async () => {
    const { rollup, token, alice, bob, mallory, ethers } = bench;
    const withdrawals = [withdrawal(bob, 600n), withdrawal(alice, 70n, 92)];
    const batch = settle({ token: 1, withdrawals });
    await expect(batch).to.emit(rollup, "WithdrawalCredited").withArgs(1, bob.address, 600n);
    expect(await rollup.withdrawable(1, alice)).to.equal(70n);
    expect(await rollup.withdrawable(0, bob)).to.equal(0n);

    const payout = rollup.connect(mallory).withdraw(1, bob);
    await expect(payout).to.changeTokenBalances(ethers, token, [rollup, bob, mallory], [-600n, 600n, 0n]);
    await expect(payout).to.emit(rollup, "Withdrawn").withArgs(1, bob.address, 600n);
    expect(await rollup.tokenTotal(1)).to.equal(9_400n);
  });

  it("adds up two rows to one address, and two batches", async () => {
    const { rollup, bob, ethers } = bench;
    await settle({ withdrawals: [withdrawal(bob, 600n), withdrawal(bob, 50n, 92)] });
    await settle({ withdrawals: [withdrawal(bob, 3n)] });
    await expect(rollup.withdraw(0, bob)).to.changeEtherBalances(ethers, [rollup, bob], [-653n, 653n]);
  });

  it("pays nothing twice", async () => {
    const { rollup, bob, mallory } = bench;
    await settle({ withdrawals: [withdrawal(bob, 600n)] });
    await rollup.withdraw(0, bob);
    await expect(rollup.withdraw(0, bob)).to.be.revertedWithCustomError(rollup, "NothingToWithdraw");
    await expect(rollup.withdraw(0, mallory)).to.be.revertedWithCustomError(rollup, "NothingToWithdraw");
    await expect(rollup.withdraw(1, bob)).to.be.revertedWithCustomError(rollup, "NothingToWithdraw");
  });

  it("credits a forced withdrawal's row to its address, in its own token, and no event for none", async () => {
    const { rollup, token, bob, ethers } = bench;
    const forced = { kind: "forcedWithdrawal", token: 1, l1Address: BigInt(bob.address) } as const;
    const l1Operations = [
      { ...forced, index: 50, amount: 0n },
      { ...forced, index: 51, amount: 444n },
    ];
    const refundAddresses = await enqueue(bench, l1Operations);
    const batch = await submit(bench, await nextBatch(bench, { l1Operations }), { refundAddresses });
    expect(refundAddresses).to.deep.equal([addressOf(0n), addressOf(0n)]);
    expect((await batch.wait())!.logs.length).to.equal(2);
    await expect(rollup.withdraw(1, bob)).to.changeTokenBalance(ethers, token, bob, 444n);
  });

  it("never pays more of a token than its deposits", async () => {
    const { rollup, bob, ethers } = bench;
    await settle({ withdrawals: [withdrawal(bob, 10_001n)] });
    await expect(rollup.withdraw(0, bob)).to.revert(ethers);
    expect(await rollup.withdrawable(0, bob)).to.equal(10_001n);
  });

  describe("to a contract", () => {
    const wallet = () => bench.ethers.deployContract("Receiver", [bench.rollup]);
    const [ACCEPT, REJECT, REENTER] = [0, 1, 2];

    it("pays one that needs more than 2300 gas", async () => {
      const receiver = await wallet();
      await settle({ withdrawals: [withdrawal({ address: await receiver.getAddress() }, 600n)] });
      await bench.rollup.withdraw(0, receiver);
      expect(await receiver.payments()).to.equal(1n);
    });

    it("keeps the credit of one that rejects the payment", async () => {
      const { rollup, bob, ethers } = bench;
      const receiver = await wallet();
      await settle({ withdrawals: [withdrawal({ address: await receiver.getAddress() }, 600n), withdrawal(bob, 50n)] });
      await receiver.setMood(REJECT);
      await expect(rollup.withdraw(0, receiver)).to.be.revertedWithCustomError(receiver, "Rejected");
      await rollup.withdraw(0, bob);
      await receiver.setMood(ACCEPT);
      await expect(rollup.withdraw(0, receiver)).to.changeEtherBalance(ethers, receiver, 600n);
    });

    it("pays one that calls back once", async () => {
      const { rollup, ethers } = bench;
      const receiver = await wallet();
      await settle({ withdrawals: [withdrawal({ address: await receiver.getAddress() }, 600n)] });
      await receiver.setMood(REENTER);
      await expect(rollup.withdraw(0, receiver)).to.changeEtherBalance(ethers, receiver, 600n);
      const guard = ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10);
      expect(await receiver.reentryResult()).to.equal(guard);
    });

    it("refuses to keep the change of a depositor that cannot take it back", async () => {
      const { rollup } = bench;
      const receiver = await wallet();
      await receiver.setMood(REJECT);
      const data = rollup.interface.encodeFunctionData("requestWithdrawal", [5, 0]);
      const fee = await rollup.queueFee();
      await expect(receiver.forward(data, { value: fee + 1n })).to.be.revertedWithCustomError(receiver, "Rejected");
      await receiver.forward(data, { value: fee });
    });
  });
});
