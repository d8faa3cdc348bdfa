import { expect } from "chai";
import { MOST_GAS } from "../../l1/gas-limit.ts";
import { packBatches, type PackedBatch } from "../../l1/packed-batches.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import type { PublishedL1Operation } from "../../protocol/words.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { nodesLimit } from "../support/chain/batch-limits.ts";
import { deployBroken, type BrokenSetup } from "../support/chain/broken-setup.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
import { minedOn, replayed, type Mined } from "../support/chain/replayed-chain.ts";
import { nextBatch } from "../support/chain/rollup.ts";

// Batches with a new credit in each row that can open one, through a real verifier. Proofs are forged, by the secrets of
// a broken setup; a verifier's gas depends on no more than the number of its public signals.
describe("gas limits of the node's batches", function () {
  this.timeout("5m");
  let setup: BrokenSetup;
  let mined: readonly Mined[];
  const batches = new Map<string, string>();

  before(async () => {
    // The largest is the rollup's first batch, which writes to slots that are empty.
    const sizes = BATCH_SIZES.toReversed();
    setup = await deployBroken("limits", sizes);
    const { bench, rollup, operator } = setup;
    let people = 0x5eed_0000n << 96n;
    const full = async (size: (typeof sizes)[number]) => {
      const l1Operations = Array.from({ length: size.l1Operations }, (_, row): PublishedL1Operation => {
        return { kind: "forcedWithdrawal", index: 9 + row, token: 0, l1Address: ++people, amount: 10n ** 17n };
      });
      const refundAddresses = await enqueue(bench, l1Operations);
      const withdrawals = Array.from({ length: size.withdrawals }, (_, row) => {
        return { from: 1000 + row, fee: 10n ** 12n, l1Address: ++people, amount: 10n ** 17n };
      });
      const transfers = Array.from({ length: size.transfers }, (_, row) => {
        return { from: 0x3131_3131 + row, to: 0x4242_4242 + row, amount: 0x5_1515_1515n, fee: 0x616n };
      });
      return { refundAddresses, content: { feeAccount: 7, l1Operations, withdrawals, transfers } };
    };
    for (const [id, size] of sizes.entries()) {
      const { refundAddresses, content } = await full(size);
      const batch = await nextBatch(bench, { newRoot: 3n ** 150n + BigInt(id), ...content });
      const { proof, c, words, beneficiary } = setup.prove(size, batch);
      const call = await rollup.connect(operator).submitBatch(id, proof, c, words, refundAddresses, beneficiary);
      batches.set(call.hash, size.name);
    }
    const together: PackedBatch[] = [];
    const begin = await nextBatch(bench);
    for (const [id, size] of sizes.entries()) {
      const { refundAddresses, content } = await full(size);
      const [oldRoot, newRoot] = [id === 0 ? begin.oldRoot : 3n ** 151n + BigInt(id - 1), 3n ** 151n + BigInt(id)];
      const batch = { ...begin, ...content, oldRoot, newRoot, batchNumber: begin.batchNumber + id };
      together.push({ size: id, refundAddresses, ...setup.prove(size, batch) });
    }
    const call = await rollup.connect(operator).submitBatches(packBatches(together));
    batches.set(call.hash, "all of them together");
    mined = await minedOn(operator.provider!);
  });
  after(async () => {
    await setup?.close();
    await endCurveWorkers();
  });

  for (const fork of ["osaka", "amsterdam"] as const) {
    it(`suffice by the rules of ${fork}, with room, and are below EIP-7825's cap`, async () => {
      const limitOf = nodesLimit(fork);
      const outcomes = await replayed(mined, fork, { limitOf });
      expect(batches.size).to.equal(BATCH_SIZES.length + 1);
      for (const transaction of mined) {
        const name = batches.get(transaction.hash);
        const { gas, error } = outcomes.get(transaction.hash)!;
        expect(error, name).to.equal(undefined);
        if (name === undefined) continue;
        const limit = limitOf(transaction)!;
        expect(limit / gas, `${name}: ${gas} of ${limit}`).to.be.above(1.15);
        expect(limit, name).to.be.below(MOST_GAS);
      }
    });
  }
});
