import { expect } from "chai";
import type { PublishedBatch } from "../../protocol/words.ts";
import type { FeeOnTopToken, RebasingToken } from "../../types/generated/index.ts";
import { addressOf, enqueue } from "../support/chain/l1-queue.ts";
import { createBench, nextBatch, PROOF, submit, type Bench, type Proof } from "../support/chain/rollup.ts";

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

  it("never pays more of a token than its deposits, and keeps the rest credited", async () => {
    const { rollup, alice, bob, ethers } = bench;
    for (const token of [0, 1]) {
      await settle({ token, withdrawals: [withdrawal(bob, 10_001n), withdrawal(alice, 1n, 92)] });
      const payout = rollup.withdraw(token, bob);
      if (token === 0) await expect(payout).to.changeEtherBalances(ethers, [rollup, bob], [-10_000n, 10_000n]);
      else await expect(payout).to.changeTokenBalances(ethers, bench.token, [rollup, bob], [-10_000n, 10_000n]);
      await expect(payout).to.emit(rollup, "Withdrawn").withArgs(token, bob.address, 10_000n);
      await expect(payout).to.emit(rollup, "StillCredited").withArgs(token, bob.address, 1n);
      for (const account of [bob, alice]) {
        await expect(rollup.withdraw(token, account))
          .to.be.revertedWithCustomError(rollup, "BooksEmpty")
          .withArgs(token);
        expect(await rollup.withdrawable(token, account)).to.equal(1n);
      }
    }
  });

  describe("of a token of which the rollup has less than it owes", () => {
    const OWED = 10_000n;

    async function owe(token: RebasingToken | FeeOnTopToken): Promise<void> {
      const { rollup, owner, alice } = bench;
      await rollup.connect(owner).registerToken(token);
      await token.mint(alice, 2n * OWED);
      await token.connect(alice).approve(rollup, OWED);
      await rollup.connect(alice).deposit(2, OWED, 1n, alice, alice, { value: await rollup.queueFee() });
    }

    const leave = (...withdrawals: PublishedBatch["withdrawals"]) => settle({ token: 2, withdrawals });

    it("pays what there is, first to whoever comes first, and the rest when there is more", async () => {
      const { rollup, alice, bob, ethers } = bench;
      const token = await ethers.deployContract("RebasingToken");
      await owe(token);
      await leave(withdrawal(bob, 6000n), withdrawal(alice, 4000n, 92));
      await token.shrink(rollup, 3000n);

      const whole = rollup.withdraw(2, bob);
      await expect(whole).to.changeTokenBalances(ethers, token, [rollup, bob], [-6000n, 6000n]);
      await expect(whole).not.to.emit(rollup, "StillCredited");
      const part = rollup.withdraw(2, alice);
      await expect(part).to.changeTokenBalances(ethers, token, [rollup, alice], [-1000n, 1000n]);
      await expect(part).to.emit(rollup, "Withdrawn").withArgs(2, alice.address, 1000n);
      await expect(part).to.emit(rollup, "StillCredited").withArgs(2, alice.address, 3000n);
      expect(await rollup.tokenTotal(2)).to.equal(3000n);
      await expect(rollup.withdraw(2, alice)).to.be.revertedWithCustomError(rollup, "BooksEmpty").withArgs(2);

      await token.mint(rollup, 5000n);
      await expect(rollup.withdraw(2, alice)).to.changeTokenBalances(ethers, token, [rollup, alice], [-3000n, 3000n]);
      expect(await rollup.tokenTotal(2)).to.equal(0n);
      await expect(rollup.withdraw(2, alice)).to.be.revertedWithCustomError(rollup, "NothingToWithdraw");
    });

    it("pays half of what there is of one that takes a fee on top, again and again", async () => {
      const { rollup, alice, bob, ethers } = bench;
      const token = await ethers.deployContract("FeeOnTopToken");
      await owe(token);
      await leave(withdrawal(bob, 4000n), withdrawal(alice, 6000n, 92));
      await expect(rollup.withdraw(2, bob)).to.changeTokenBalances(ethers, token, [rollup, bob], [-4400n, 4000n]);

      // 5,600 are there, of 6,000 owed, and to pay them takes 6,160.
      const half = rollup.withdraw(2, alice);
      await expect(half).to.changeTokenBalances(ethers, token, [rollup, alice], [-3080n, 2800n]);
      await expect(half).to.emit(rollup, "Withdrawn").withArgs(2, alice.address, 2800n);
      await expect(half).to.emit(rollup, "StillCredited").withArgs(2, alice.address, 3200n);
      expect(await rollup.withdrawable(2, alice)).to.equal(3200n);
      expect(await rollup.tokenTotal(2)).to.equal(3200n);
      await expect(rollup.withdraw(2, alice)).to.changeTokenBalances(ethers, token, [rollup, alice], [-1386n, 1260n]);

      await token.mint(rollup, OWED);
      await rollup.withdraw(2, alice);
      expect(await rollup.withdrawable(2, alice)).to.equal(0n);
      expect(await rollup.tokenTotal(2)).to.equal(0n);
    });

    it("pays out what an exit and a refund credit just the same", async () => {
      const { rollup, alice, bob, exitVerifier, acceptAll, networkHelpers, ethers } = bench;
      const token = await ethers.deployContract("RebasingToken");
      await owe(token);
      await networkHelpers.setCode(await exitVerifier.getAddress(), await ethers.provider.getCode(acceptAll));
      await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
      await rollup.freeze();
      const { head } = await rollup.queueBounds();
      await rollup.refundDeposit(head, 2, OWED, 1n, alice, alice);
      await rollup.exit(50, 2, bob, 7n, [...PROOF] as Proof);
      await token.shrink(rollup, OWED - 100n);
      await expect(rollup.withdraw(2, alice)).to.changeTokenBalances(ethers, token, [rollup, alice], [-100n, 100n]);
      expect(await rollup.withdrawable(2, alice)).to.equal(OWED - 100n);
      await expect(rollup.withdraw(2, bob)).to.be.revertedWithCustomError(rollup, "BooksEmpty");
      await token.mint(rollup, 7n);
      await expect(rollup.withdraw(2, bob)).to.changeTokenBalances(ethers, token, [rollup, bob], [-7n, 7n]);
    });

    it("keeps the whole credit where the token refuses any payment, and says why", async () => {
      const { rollup, owner, alice, ethers } = bench;
      const token = await ethers.deployContract("ReentrantToken");
      await rollup.connect(owner).registerToken(token);
      await token.mint(alice, 600n);
      await token.connect(alice).approve(rollup, 600n);
      await rollup.connect(alice).deposit(2, 600n, 1n, alice, alice, { value: await rollup.queueFee() });
      await leave(withdrawal(alice, 600n));
      await token.arm(rollup, rollup.interface.encodeFunctionData("withdraw", [2, alice.address]));
      await expect(rollup.withdraw(2, alice)).to.be.revertedWithCustomError(rollup, "ReentrancyGuardReentrantCall");
      expect(await rollup.withdrawable(2, alice)).to.equal(600n);
      expect(await rollup.tokenTotal(2)).to.equal(600n);
    });
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
