import { expect } from "chai";
import { EXIT_ACCOUNT } from "../../protocol/packing.ts";
import { createBench, nextBatch, PROOF, SLOTS, submit, type Proof } from "../support/chain/rollup.ts";

describe("Rollup: storage", () => {
  it("is laid out as docs/contracts.md says", async () => {
    const bench = await createBench();
    const { rollup, owner, operator, alice, bob, exitVerifier, ethers } = bench;
    const value = 900n + (await rollup.queueFee());
    await rollup.connect(alice).deposit(0, 900n, 5n, alice, bob, { value });
    const withdrawals = [{ from: 9, fee: 0n, l1Address: BigInt(bob.address), amount: 77n }];
    const batch = await nextBatch(bench, { withdrawals });
    await submit(bench, batch);

    const read = async (slot: number | string) => BigInt(await ethers.provider.getStorage(rollup, slot));
    const entry = (key: bigint | string, slot: number | string) =>
      ethers.keccak256(ethers.concat([ethers.toBeHex(key, 32), ethers.toBeHex(slot, 32)]));
    expect((await read(SLOTS.tokenCount)) >> 160n).to.equal(2n);
    expect(await read(SLOTS.operator)).to.equal(BigInt(operator.address));
    // depositsPaused 8 | frozen 8 | queueTail 40 | queueHead 40 | timestamp 40 | batchNumber 32
    expect(await read(SLOTS.progress)).to.equal((1n << 112n) | (0n << 72n) | (BigInt(batch.timestamp) << 32n) | 1n);
    expect(await read(entry(0n, SLOTS.tokenTotal))).to.equal(900n);
    expect(await read(entry(bob.address, entry(0n, SLOTS.withdrawable)))).to.equal(77n);
    expect(await read(SLOTS.stateRoot)).to.equal(batch.newRoot);
    expect(await read(SLOTS.batchChain)).to.equal(BigInt(await rollup.batchChain()));

    await rollup.connect(owner).setDepositsPaused(true);
    await bench.networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
    await rollup.freeze();
    expect((await read(SLOTS.progress)) >> 152n).to.equal(0x0101n);
    const index = 3 * 256 + 17;
    const account = EXIT_ACCOUNT.pack({ l1Address: BigInt(bob.address), token: 0, index });
    await exitVerifier.expect([...PROOF] as Proof, [await rollup.stateRoot(), account, 5n]);
    await rollup.exit(index, 0, bob, 5n, [...PROOF] as Proof);
    expect(await read(entry(3n, SLOTS.exited))).to.equal(1n << 17n);
  });
});
