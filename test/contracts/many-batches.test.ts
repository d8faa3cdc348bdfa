import { expect } from "chai";
import { packBatches } from "../../l1/packed-batches.ts";
import { encodeWords, type PublishedBatch } from "../../protocol/words.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
import {
  createBench,
  nextBatch,
  packed,
  PROOF,
  publicSignals,
  SIZES,
  submit,
  submitAll,
  type Bench,
  type JointPart,
} from "../support/chain/rollup.ts";
import { expectCode } from "../support/errors.ts";
import { seeded } from "../support/random.ts";

const DEPOSIT = {
  kind: "deposit",
  index: 71,
  token: 0,
  l1Address: 0xa11ce1n,
  pubKeyY: 0x5eed01n,
  amount: 1001n,
} as const;
const THREE_DAYS = 3 * 86_400;

// But for a few, everything here runs on a joint verifier that accepts every proof: these are the checks that are not the
// proofs'.
describe("Rollup: submitBatches", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });

  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(bench.rollup, error);

  /** Batches that go on from each other, with changes in some of them. */
  async function run(...changes: Partial<PublishedBatch>[]): Promise<PublishedBatch[]> {
    const batches: PublishedBatch[] = [];
    for (const [i, change] of changes.entries()) {
      const last = batches.at(-1);
      const next = await nextBatch(bench, last && { oldRoot: last.newRoot, batchNumber: last.batchNumber + 1 });
      batches.push({ ...next, newRoot: 1000n + BigInt(i), ...change });
    }
    return batches;
  }

  const parts = (batches: readonly PublishedBatch[]): JointPart[] => batches.map((batch) => ({ batch }));
  const deposits = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...DEPOSIT, pubKeyY: 100n + BigInt(i) }));

  /** What a rollup has come to. */
  async function tipOf({ rollup }: Pick<Bench, "rollup">) {
    const queue = await rollup.queueBounds();
    const [root, number, time, chain] = await Promise.all([
      rollup.stateRoot(),
      rollup.batchNumber(),
      rollup.lastTimestamp(),
      rollup.batchChain(),
    ]);
    return [root, number, time, chain, ...queue];
  }

  it("comes to where the same batches lead one by one, with their events and credits in the same order", async () => {
    const { rollup, networkHelpers } = bench;
    const [first, second, third, fourth] = deposits(4);
    const refunds = await enqueue(bench, [first!, second!, third!, fourth!]);
    const withdrawal = { from: 9, fee: 0n, l1Address: 0xb0bn, amount: 33n };
    const batches = await run(
      { l1Operations: [first!], withdrawals: [withdrawal] },
      { transfers: [{ from: 8, to: 9, amount: 7n, fee: 6n }] },
      { l1Operations: [second!, third!], withdrawals: [{ ...withdrawal, amount: 44n }] },
      {},
      { l1Operations: [fourth!] },
    );
    const taken = [refunds.slice(0, 1), [], refunds.slice(1, 3), [], refunds.slice(3)];
    const beneficiary = (i: number): string => `0x${`0${i + 1}`.repeat(20)}`;
    const start = await networkHelpers.takeSnapshot();
    const logs = [];
    for (const [i, batch] of batches.entries()) {
      const call = await submit(bench, batch, { refundAddresses: taken[i]!, beneficiary: beneficiary(i) });
      logs.push(...(await call.wait())!.logs);
    }
    const [tip, credit] = [await tipOf(bench), await rollup.withdrawable(0, `0x${"0".repeat(37)}b0b`)];
    await start.restore();

    const call = await submitAll(
      bench,
      batches.map((batch, i) => ({ batch, refundAddresses: taken[i]!, beneficiary: beneficiary(i) })),
    );
    const receipt = (await call.wait())!;
    expect(await tipOf(bench)).to.deep.equal(tip);
    expect(await rollup.withdrawable(0, `0x${"0".repeat(37)}b0b`)).to.equal(credit);
    const seen = (all: readonly { topics: readonly string[]; data: string }[]) =>
      all.map(({ topics, data }) => [...topics, data]);
    expect(seen(receipt.logs)).to.deep.equal(seen(logs));
    expect(receipt.logs).to.have.length(7);
  });

  it("hands the joint verifier each size, proof and signals, as TypeScript computes them, and believes it", async () => {
    const { rollup, jointVerifier, ethers, networkHelpers, expecting } = bench;
    const address = await jointVerifier.getAddress();
    await networkHelpers.setCode(address, await ethers.provider.getCode(expecting));
    const verifier = await ethers.getContractAt("ExpectingVerifier", address);
    const random = seeded("many batches");
    const batches = await run({}, { transfers: [{ from: 8, to: 9, amount: 7n, fee: 6n }] }, {});
    const all = batches.map((batch, i) => ({
      ...{ batch, size: [1, 0, 1][i]!, c: random.field() },
      proof: PROOF.map((word) => word * BigInt(i + 3)),
    }));
    const statements = all.map(({ batch, size, c, proof }) => ({
      ...{ key: size, proof },
      publicSignals: publicSignals(SIZES[size]!, batch, c),
    }));
    const expectTogether = (some: typeof statements) =>
      verifier.expectTogether(some as Parameters<typeof verifier.expectTogether>[0]);
    await refused(submitAll(bench, all), "InvalidProof");
    await expectTogether(statements.slice(0, 2));
    await refused(submitAll(bench, all), "InvalidProof");
    await expectTogether(statements);
    const stolen = all.map((one, i) => (i === 1 ? { ...one, beneficiary: bench.mallory.address } : one));
    await refused(submitAll(bench, stolen), "InvalidProof");
    await submitAll(bench, all);
    expect(await rollup.batchNumber()).to.equal(3n);
  });

  it("takes one batch, and not none", async () => {
    for (const none of [[], [0], [0, 0, 0]]) {
      await refused(bench.rollup.connect(bench.operator).submitBatches(Uint8Array.from(none)), "NoBatches");
    }
    await expectCode("DELIVERY_TOO_LARGE", () => packBatches([]));
    const [batch] = await run({});
    const alike = (length: number, words?: Uint8Array): JointPart[] =>
      Array.from({ length }, () => ({ batch: batch!, ...(words && { words }) }));
    await expectCode("DELIVERY_TOO_LARGE", () => packed(alike(256, new Uint8Array())));
    // EIP-7825's cap on a transaction's gas comes first.
    await expectCode("DELIVERY_TOO_LARGE", () => packed(alike(255)));
    await expectCode("DELIVERY_TOO_LARGE", () => packed(alike(120, new Uint8Array(5_000))));
    expect(packed(alike(240))).to.have.length.above(240 * 313);
    await submitAll(bench, parts(await run({})));
    expect(await bench.rollup.batchNumber()).to.equal(1n);
    expect(await bench.rollup.stateRoot()).to.equal(1000n);
  });

  it("takes no bytes but those of its batches: neither more nor fewer, in any part", async () => {
    const { rollup, operator } = bench;
    const refundAddresses = await enqueue(bench, [DEPOSIT]);
    const batches = await run({}, { l1Operations: [DEPOSIT] });
    const bytes = packed([{ batch: batches[0]! }, { batch: batches[1]!, refundAddresses }]);
    const call = (changed: Uint8Array) => rollup.connect(operator).submitBatches(changed);
    const second = 1 + 313 + encodeWords(SIZES[0], batches[0]!).length;
    // Before each field's end, and behind the last.
    for (const length of [2, 1 + 24, 1 + 312, second - 1, second, second + 312, bytes.length - 1]) {
      await refused(call(bytes.slice(0, length)), "WrongLength");
    }
    await refused(call(Uint8Array.of(...bytes, 0)), "WrongLength");
    // Fewer batches than there are, and more.
    await refused(call(bytes.with(0, 1)), "WrongLength");
    await refused(call(bytes.with(0, 3)), "WrongLength");
    // Lengths of the words and of the refund addresses.
    await refused(call(bytes.with(1 + 24, bytes[1 + 24]! + 1)), "WrongLength");
    await refused(call(bytes.with(second + 21, 0)), "WrongNumberOfRefundAddresses");
    await refused(call(bytes.with(second + 21, 2)), "WrongLength");
    await call(bytes);
    expect(await rollup.batchNumber()).to.equal(2n);
  });

  it("goes on with what came before it, and what comes after goes on with it", async () => {
    await submit(bench, await nextBatch(bench));
    await submitAll(bench, parts(await run({}, {})));
    await submit(bench, await nextBatch(bench));
    await submitAll(bench, parts(await run({}, {})));
    expect(await bench.rollup.batchNumber()).to.equal(6n);
  });

  describe("refuses all, if one batch is refused", () => {
    /** At each place of three; and all is taken without the change. */
    async function refusedWith(change: Partial<PublishedBatch>, error: string, places = [0, 1, 2]): Promise<void> {
      const good = await run({}, {}, {});
      const before = await tipOf(bench);
      for (const place of places) {
        await refused(submitAll(bench, parts(good.with(place, { ...good[place]!, ...change }))), error);
      }
      expect(await tipOf(bench)).to.deep.equal(before);
      await submitAll(bench, parts(good));
    }

    it("whose old root is not where the one before it leads", async () => {
      await refusedWith({ oldRoot: 4n }, "WrongOldRoot");
      // Not even where it was the state's before the call.
      const [first, second] = await run({}, {});
      await refused(submitAll(bench, parts([first!, { ...second!, oldRoot: first!.oldRoot }])), "WrongOldRoot");
    });

    it("whose number is not the next", async () => {
      await refusedWith({ batchNumber: 9 }, "WrongBatchNumber");
      const [first, second] = await run({}, {});
      const sameNumber = { ...second!, batchNumber: first!.batchNumber };
      await refused(submitAll(bench, parts([first!, sameNumber])), "WrongBatchNumber");
    });

    it("whose timestamp is before the last one's, in the future or too old", async () => {
      const now = await bench.networkHelpers.time.latest();
      await refusedWith({ timestamp: now + 1000 }, "TimestampOutOfRange", [0, 1, 2]);
      await refusedWith({ timestamp: now - 6 * 3600 - 60 }, "TimestampOutOfRange", [0, 1, 2]);
      const [first, second] = await run({}, {});
      await refused(
        submitAll(bench, parts([first!, { ...second!, timestamp: first!.timestamp - 1 }])),
        "TimestampOutOfRange",
      );
    });

    it("of another rollup, of no size, or with a commitment or root outside the field", async () => {
      await refusedWith({ domain: 3n }, "WrongDomain");
      const good = await run({}, {});
      const with1 = (change: Partial<JointPart>) =>
        submitAll(bench, [{ batch: good[0]! }, { batch: good[1]!, ...change }]);
      await refused(with1({ size: 2 }), "UnknownBatchSize");
      await refused(with1({ c: 2n ** 255n }), "PublicInputNotInField");
      await refused(with1({ words: encodeWords(SIZES[0], good[1]!).subarray(1) }), "WrongLength");
    });
  });

  describe("who may call, and what it takes of the queue", () => {
    it("is the operator alone, until an operation is overdue when the call begins", async () => {
      const { rollup, mallory, networkHelpers } = bench;
      const refundAddresses = await enqueue(bench, [DEPOSIT]);
      const call = async (sender = mallory) => {
        const [first, second] = await run({ l1Operations: [DEPOSIT] }, {});
        return submitAll(bench, [{ batch: first!, refundAddresses }, { batch: second! }], sender);
      };
      await refused(call(), "NotOperator");
      await networkHelpers.time.increaseTo((await rollup.queueEntry(0)).deadline + 1n);
      // The second batch comes when nothing is overdue any more.
      await call();
      expect(await rollup.batchNumber()).to.equal(2n);
      await refused(submitAll(bench, parts(await run({})), mallory), "NotOperator");
    });

    it("is never a contract", async () => {
      const { rollup, owner, operator, ethers } = bench;
      const wallet = await ethers.deployContract("Receiver", [rollup]);
      await rollup.connect(owner).setOperator(wallet);
      const data = rollup.interface.encodeFunctionData("submitBatches", [packed(parts(await run({})))]);
      await refused(wallet.connect(operator).forward(data), "NotDirectCall");
    });

    it("ends with the rollup", async () => {
      const { rollup, networkHelpers } = bench;
      await enqueue(bench, [DEPOSIT]);
      await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
      await rollup.freeze();
      await refused(submitAll(bench, parts(await run({}))), "RollupFrozen");
    });

    it("is one run over the queue, whose operations and refund addresses are compared where it ends", async () => {
      const queued = deposits(4);
      const refunds = await enqueue(bench, queued);
      const batches = await run({ l1Operations: queued.slice(0, 2) }, {}, { l1Operations: queued.slice(2, 3) });
      const all = (taken: string[][], changed = batches) =>
        submitAll(
          bench,
          changed.map((batch, i) => ({ batch, refundAddresses: taken[i]! })),
        );
      const right = [refunds.slice(0, 2), [], refunds.slice(2, 3)];
      await refused(all([refunds.slice(0, 2), [], refunds.slice(3, 4)]), "WrongQueuePrefix");
      await refused(all([refunds.slice(1, 3), [], refunds.slice(2, 3)]), "WrongQueuePrefix");
      await refused(
        all([refunds.slice(0, 2), refunds.slice(0, 1), refunds.slice(2, 3)]),
        "WrongNumberOfRefundAddresses",
      );
      const [first, second, third] = batches as [PublishedBatch, PublishedBatch, PublishedBatch];
      const taking = (...rows: (typeof queued)[]) =>
        [first, second, third].map((batch, i) => ({ ...batch, l1Operations: rows[i]! }));
      // Skipped, out of order, twice, and more than there are.
      await refused(all(right, taking(queued.slice(0, 2), [], queued.slice(3))), "WrongQueuePrefix");
      await refused(all(right, taking(queued.slice(1, 3), [], queued.slice(0, 1))), "WrongQueuePrefix");
      await refused(all(right, taking(queued.slice(0, 2), [], queued.slice(1, 2))), "WrongQueuePrefix");
      const beyond = taking(queued.slice(0, 2), queued.slice(2), queued.slice(0, 1));
      await refused(all([refunds.slice(0, 2), refunds.slice(2), refunds.slice(0, 1)], beyond), "WrongQueuePrefix");
      await all(right);
      expect(await bench.rollup.queueBounds()).to.deep.equal([3n, 4n]);
    });

    it("serves an overdue queue by all its batches together, as one batch must", async () => {
      const { rollup, mallory, networkHelpers } = bench;
      const queued = deposits(7);
      const refunds = await enqueue(bench, queued);
      await networkHelpers.time.increaseTo((await rollup.queueEntry(0)).deadline + 1n);
      const taking = async (...counts: number[]) => {
        let from = 0;
        const ranges = counts.map((count) => [from, (from += count)] as const);
        const batches = await run(...ranges.map((range) => ({ l1Operations: queued.slice(...range) })));
        const all = batches.map((batch, i) => ({ batch, refundAddresses: refunds.slice(...ranges[i]!) }));
        return submitAll(bench, all, mallory);
      };
      await refused(taking(0, 0), "QueueNotServed");
      await refused(taking(2, 2), "QueueNotServed");
      // The roomiest size takes five.
      await taking(2, 3, 0);
      expect(await rollup.queueBounds()).to.deep.equal([5n, 7n]);
    });

    it("need not serve what is due more than three days after the last batch's time", async () => {
      const { rollup, mallory, networkHelpers } = bench;
      const [first, second] = deposits(2);
      const refundAddresses = await enqueue(bench, [first!]);
      await networkHelpers.time.increaseTo((await rollup.queueEntry(0)).deadline + 1n);
      const [one, other] = await run({ l1Operations: [first!] }, {});
      await enqueue(bench, [second!]);
      const due = Number((await rollup.queueEntry(1)).deadline);
      await networkHelpers.time.increaseTo(due - THREE_DAYS);
      const at = (timestamp: number) =>
        submitAll(bench, [{ batch: one!, refundAddresses }, { batch: { ...other!, timestamp } }], mallory);
      await refused(at(due - THREE_DAYS), "QueueNotServed");
      await at(due - THREE_DAYS - 1);
      expect(await rollup.queueBounds()).to.deep.equal([1n, 2n]);
    });
  });
});
