import { expect } from "chai";
import { EXIT_ACCOUNT } from "../../protocol/packing.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
import { createBench, nextBatch, PROOF, submit, type Bench, type Proof } from "../support/chain/rollup.ts";

const BOOKED = 10_000n;

/** An account as it leaves, and the proof that it leaves by. */
interface Leaving {
  readonly index: number;
  readonly token: number;
  readonly l1Address: string;
  readonly balance: bigint;
  readonly proof: readonly bigint[];
}

// The exit circuit's verifier of these tests accepts the one proof, with the one list of public signals, that it expects.
describe("Rollup: exit", () => {
  let bench: Bench;
  let leaving: Leaving;

  beforeEach(async () => {
    bench = await createBench();
    const { rollup, token, alice, bob } = bench;
    await token.mint(alice, BOOKED);
    await token.connect(alice).approve(rollup, BOOKED);
    const l1Operations = [
      { kind: "deposit", index: 70_001, token: 1, l1Address: BigInt(bob.address), pubKeyY: 5n, amount: BOOKED },
    ] as const;
    const refundAddresses = await enqueue(bench, l1Operations);
    await submit(bench, await nextBatch(bench, { newRoot: 0xabcdefn, l1Operations }), { refundAddresses });
    leaving = { index: 70_001, token: 1, l1Address: bob.address, balance: 9_001n, proof: PROOF };
  });

  async function freeze(): Promise<void> {
    const { rollup, alice, networkHelpers } = bench;
    await rollup.connect(alice).requestWithdrawal(5, 0, { value: await rollup.queueFee() });
    await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
    await rollup.freeze();
  }

  /** Lets the verifier expect what is right for an account: worked out anew, not asked of the contract. */
  async function prove({ index, token, l1Address, balance, proof }: Leaving, root = 0xabcdefn): Promise<void> {
    const account = BigInt(index) | (BigInt(token) << 32n) | (BigInt(l1Address) << 48n);
    expect(EXIT_ACCOUNT.pack({ index, token, l1Address: BigInt(l1Address) })).to.equal(account);
    await bench.exitVerifier.expect([...proof] as Proof, [root, account, balance]);
  }

  const exit = ({ index, token, l1Address, balance, proof }: Leaving) =>
    bench.rollup.connect(bench.mallory).exit(index, token, l1Address, balance, [...proof] as Proof);

  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(bench.rollup, error);

  it("credits the account's L1 address, whoever calls, and the books stay as they are", async () => {
    const { rollup, token, bob, ethers } = bench;
    await freeze();
    await prove(leaving);
    expect(await rollup.hasExited(70_001)).to.equal(false);
    const call = exit(leaving);
    await expect(call).to.emit(rollup, "Exited").withArgs(70_001, 1, bob.address, 9_001n);
    await expect(call).to.emit(rollup, "WithdrawalCredited").withArgs(1, bob.address, 9_001n);
    expect(await rollup.hasExited(70_001)).to.equal(true);
    expect(await rollup.tokenTotal(1)).to.equal(BOOKED);
    expect(await rollup.withdrawable(1, bob)).to.equal(9_001n);
    await expect(rollup.withdraw(1, bob)).to.changeTokenBalance(ethers, token, bob, 9_001n);
    expect(await rollup.tokenTotal(1)).to.equal(BOOKED - 9_001n);
  });

  it("is not there before the rollup is frozen", async () => {
    await prove(leaving);
    await refused(exit(leaving), "NotFrozen");
  });

  it("happens once a leaf, whatever the proof, and other leaves are not in its way", async () => {
    await freeze();
    await prove(leaving);
    await exit(leaving);
    await refused(exit(leaving), "AlreadyExited");
    // Groth16 proofs are malleable: nothing is keyed on their bytes.
    const other = { ...leaving, proof: [...PROOF].reverse() };
    await prove(other);
    await refused(exit(other), "AlreadyExited");
    for (const index of [70_000, 70_001 - 256, 70_001 + 256, 0, 0xffff_ffff]) {
      await prove({ ...leaving, index, balance: 0n });
      await exit({ ...leaving, index, balance: 0n });
    }
    expect(await bench.rollup.withdrawable(1, leaving.l1Address)).to.equal(9_001n);
  });

  it("takes no proof of another account, address, token or balance", async () => {
    await freeze();
    await prove(leaving);
    const { mallory } = bench;
    for (const change of [
      { index: 70_002 },
      { token: 0 },
      { l1Address: mallory.address },
      { balance: 9_002n },
      { proof: [...PROOF].reverse() },
    ]) {
      await refused(exit({ ...leaving, ...change }), "InvalidProof");
    }
    await exit(leaving);
  });

  it("takes no proof against another root than the last", async () => {
    await freeze();
    await prove(leaving, 0xabcdeen);
    await refused(exit(leaving), "InvalidProof");
    expect(await bench.rollup.hasExited(leaving.index)).to.equal(false);
  });

  it("has a place of its own in the public signals for each part of the account", async () => {
    await freeze();
    const extremes = [
      { ...leaving, index: 0xffff_ffff, token: 0, l1Address: `0x${"00".repeat(19)}01` },
      { ...leaving, index: 0, token: 0xffff, l1Address: `0x${"00".repeat(19)}02` },
      { ...leaving, index: 1, token: 0, l1Address: `0x${"ff".repeat(20)}` },
    ];
    for (const account of extremes) {
      await prove(account);
      await exit(account);
    }
  });

  it("does not happen within a payout", async () => {
    const { rollup, ethers, owner, networkHelpers, alice } = bench;
    const token = await ethers.deployContract("ReentrantToken");
    await rollup.connect(owner).registerToken(token);
    await token.mint(rollup, 100n);
    await freeze();
    const payee = { ...leaving, index: 9, token: 2, balance: 7n };
    await prove(payee);
    await exit(payee);
    await networkHelpers.setStorageAt(
      await rollup.getAddress(),
      ethers.solidityPackedKeccak256(["uint256", "uint256"], [2, 7]),
      7n,
    );
    await prove(leaving);
    const { index, l1Address, balance, proof } = leaving;
    const exiting = rollup.interface.encodeFunctionData("exit", [index, 1, l1Address, balance, [...proof]] as never);
    const deposit = [0, 0, 1n, 1n, alice.address, alice.address] as const;
    const refunding = rollup.interface.encodeFunctionData("refundDeposit", [...deposit]);
    for (const call of [exiting, refunding]) {
      await token.arm(rollup, call);
      await refused(rollup.withdraw(2, leaving.l1Address), "ReentrancyGuardReentrantCall");
    }
  });
});
