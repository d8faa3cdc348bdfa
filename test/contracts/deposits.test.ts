import { expect } from "chai";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import type { FeeOnTransferToken, NoReturnToken, ReentrantToken } from "../../types/generated/index.ts";
import { createBench, type Bench } from "../support/chain/rollup.ts";

const KEY = 0x1234_5678n;
const MAX_TOTAL = (1n << 128n) - 1n;

describe("Rollup: deposits", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });

  it("queues ETH, books it and sends back what is beyond amount and fee", async () => {
    const { rollup, alice, bob, mallory, ethers } = bench;
    const fee = await rollup.queueFee();
    const deposit = rollup.connect(alice).deposit(0, 700n, KEY, bob, mallory, { value: 700n + fee + 55n });
    await expect(deposit).to.changeEtherBalances(ethers, [alice, rollup], [-700n - fee, 700n + fee]);
    const { timestamp } = (await ethers.provider.getBlock("latest"))!;
    await expect(deposit)
      .to.emit(rollup, "DepositQueued")
      .withArgs(0, bob.address, 0, KEY, 700n, mallory.address, timestamp + 3 * 86400);
    expect(await rollup.tokenTotal(0)).to.equal(700n);
    expect(await rollup.queueBounds()).to.deep.equal([0n, 1n]);
  });

  it("queues a token", async () => {
    const { rollup, token, alice, bob, mallory, ethers } = bench;
    await fund(1000n);
    const deposit = rollup.connect(alice).deposit(1, 900n, KEY, bob, mallory, { value: await rollup.queueFee() });
    await expect(deposit).to.changeTokenBalances(ethers, token, [alice, rollup], [-900n, 900n]);
    await expect(deposit).to.emit(rollup, "DepositQueued");
    expect(await rollup.tokenTotal(1)).to.equal(900n);
    expect(await rollup.tokenTotal(0)).to.equal(0n);
  });

  it("credits what arrived from a token that takes a fee", async () => {
    const { rollup, ethers } = bench;
    await register(await ethers.deployContract("FeeOnTransferToken"), 1000n);
    await expect(deposit(2, 1000n)).to.emit(rollup, "DepositQueued").withArgs(0, any, 2, KEY, 900n, any, any);
    expect(await rollup.tokenTotal(2)).to.equal(900n);
  });

  it("takes a token whose transfers return nothing", async () => {
    const { rollup, ethers } = bench;
    await register(await ethers.deployContract("NoReturnToken"), 1000n);
    await expect(deposit(2, 800n)).to.emit(rollup, "DepositQueued").withArgs(0, any, 2, KEY, 800n, any, any);
  });

  it("stops a token that calls back during the transfer, whatever it calls", async () => {
    const { rollup, alice, ethers } = bench;
    const token = await ethers.deployContract("ReentrantToken");
    await register(token, 1000n);
    const permit = { deadline: 0n, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
    const { interface: calls } = rollup;
    const reentries = [
      calls.encodeFunctionData("deposit", [2, 1n, KEY, alice.address, alice.address]),
      calls.encodeFunctionData("depositWithPermit", [2, 1n, KEY, alice.address, alice.address, permit]),
      calls.encodeFunctionData("requestWithdrawal", [5, 2]),
      calls.encodeFunctionData("withdraw", [2, alice.address]),
    ];
    for (const reentry of reentries) {
      await token.arm(rollup, reentry);
      await expect(deposit(2, 500n)).to.be.revertedWithCustomError(rollup, "ReentrancyGuardReentrantCall");
      const value = await rollup.queueFee();
      const permitted = rollup.connect(alice).depositWithPermit(2, 500n, KEY, alice, alice, permit, { value });
      await expect(permitted).to.be.revertedWithCustomError(rollup, "ReentrancyGuardReentrantCall");
    }
  });

  it("takes a permit instead of an approval", async () => {
    const { rollup, token, alice, ethers } = bench;
    await token.mint(alice, 600n);
    const permit = await signPermit(600n);
    const value = await rollup.queueFee();
    const call = rollup.connect(alice).depositWithPermit(1, 600n, KEY, alice, alice, permit, { value });
    await expect(call).to.changeTokenBalances(ethers, token, [alice, rollup], [-600n, 600n]);
  });

  it("does not mind that somebody else used the permit first", async () => {
    const { rollup, token, alice, mallory } = bench;
    await token.mint(alice, 600n);
    const permit = await signPermit(600n);
    await token.connect(mallory).permit(alice, rollup, 600n, permit.deadline, permit.v, permit.r, permit.s);
    const value = await rollup.queueFee();
    await rollup.connect(alice).depositWithPermit(1, 600n, KEY, alice, alice, permit, { value });
    expect(await rollup.tokenTotal(1)).to.equal(600n);
  });

  it("takes nothing on a permit that is not the sender's", async () => {
    const { rollup, token, alice, mallory } = bench;
    await token.mint(alice, 600n);
    const permit = await signPermit(600n);
    const value = await rollup.queueFee();
    const call = rollup.connect(mallory).depositWithPermit(1, 600n, KEY, mallory, mallory, permit, { value });
    await expect(call).to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance");
  });

  it("has no permit for ETH", async () => {
    const { rollup, alice } = bench;
    const permit = await signPermit(1n);
    const call = rollup.connect(alice).depositWithPermit(0, 1n, KEY, alice, alice, permit, { value: 10n ** 18n });
    await expect(call).to.be.revertedWithCustomError(rollup, "UnknownToken").withArgs(0);
  });

  it("refuses what could not be proven or would be lost", async () => {
    const { rollup, alice, ethers } = bench;
    const { ZeroAddress } = ethers;
    const refuse = (call: Promise<unknown>, error: string) => expect(call).to.be.revertedWithCustomError(rollup, error);
    const fee = await rollup.queueFee();
    const sender = rollup.connect(alice);
    await refuse(sender.deposit(0, 5n, FIELD_ORDER, alice, alice, { value: 5n + fee }), "KeyNotInField");
    await sender.deposit(0, 5n, FIELD_ORDER - 1n, alice, alice, { value: 5n + fee });
    await refuse(deposit(0, 0n), "ZeroAmount");
    await refuse(deposit(2, 5n), "UnknownToken");
    const value = 10n ** 18n;
    await refuse(sender.deposit(0, 5n, KEY, ZeroAddress, alice, { value }), "ZeroAddress");
    await refuse(sender.deposit(0, 5n, KEY, alice, ZeroAddress, { value }), "ZeroAddress");
    await refuse(
      sender.deposit(0, 5n, KEY, alice, alice, { value: 4n + (await rollup.queueFee()) }),
      "InsufficientValue",
    );
  });

  it("keeps a token's total below 2^128, deposits still queued included", async () => {
    const { rollup } = bench;
    await fund(MAX_TOTAL + 1n);
    await deposit(1, MAX_TOTAL - 1n);
    await expect(deposit(1, 2n))
      .to.be.revertedWithCustomError(rollup, "TokenTotalTooLarge")
      .withArgs(1, MAX_TOTAL + 1n);
    await deposit(1, 1n);
    expect(await rollup.tokenTotal(1)).to.equal(MAX_TOTAL);
  });

  it("counts only what it booked, whatever the token's contract says", async () => {
    const { rollup, token, mallory } = bench;
    await fund(100n);
    await token.mint(mallory, 77n);
    await token.connect(mallory).transfer(rollup, 77n);
    await deposit(1, 100n);
    expect(await rollup.tokenTotal(1)).to.equal(100n);
  });

  it("takes no ether outside a deposit", async () => {
    const { rollup, alice, ethers } = bench;
    await expect(alice.sendTransaction({ to: rollup, value: 1n })).to.revert(ethers);
  });

  const any = () => true;

  async function deposit(token: number, amount: bigint) {
    const { rollup, alice, bob } = bench;
    const value = (await rollup.queueFee()) + (token === 0 ? amount : 0n);
    return rollup.connect(alice).deposit(token, amount, KEY, alice, bob, { value });
  }

  async function fund(amount: bigint) {
    await bench.token.mint(bench.alice, amount);
    await bench.token.connect(bench.alice).approve(bench.rollup, amount);
  }

  async function register(token: FeeOnTransferToken | NoReturnToken | ReentrantToken, amount: bigint) {
    await bench.rollup.connect(bench.owner).registerToken(token);
    await token.mint(bench.alice, amount);
    await token.connect(bench.alice).approve(bench.rollup, amount);
  }

  async function signPermit(value: bigint) {
    const { token, rollup, alice, chainId, ethers } = bench;
    const deadline = ethers.MaxUint256;
    const signature = await alice.signTypedData(
      { name: "Test token", version: "1", chainId, verifyingContract: await token.getAddress() },
      {
        Permit: [
          { name: "owner", type: "address" },
          { name: "spender", type: "address" },
          { name: "value", type: "uint256" },
          { name: "nonce", type: "uint256" },
          { name: "deadline", type: "uint256" },
        ],
      },
      { owner: alice.address, spender: await rollup.getAddress(), value, nonce: 0n, deadline },
    );
    const { v, r, s } = ethers.Signature.from(signature);
    return { deadline, v, r, s };
  }
});
