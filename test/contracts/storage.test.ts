import { expect } from "chai";
import { createBench, nextBatch, SLOTS, submit } from "../support/rollup.ts";

describe("Rollup: storage", () => {
  it("is laid out as docs/contracts.md says", async () => {
    const bench = await createBench();
    const { rollup, operator, alice, bob, ethers } = bench;
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
    // queueTail 40 | queueHead 40 | timestamp 40 | batchNumber 32
    expect(await read(SLOTS.progress)).to.equal((1n << 112n) | (0n << 72n) | (BigInt(batch.timestamp) << 32n) | 1n);
    expect(await read(entry(0n, SLOTS.tokenTotal))).to.equal(900n);
    expect(await read(entry(bob.address, entry(0n, SLOTS.withdrawable)))).to.equal(77n);
    expect(await read(SLOTS.stateRoot)).to.equal(batch.newRoot);
    expect(await read(SLOTS.batchChain)).to.equal(BigInt(await rollup.batchChain()));
  });
});
