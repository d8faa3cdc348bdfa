import { expect } from "chai";
import { domainOf } from "../../protocol/challenge.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { encodeWords, type PublishedBatch, type PublishedL1Operation } from "../../protocol/words.ts";
import { addressOf, enqueue } from "../support/chain/l1-queue.ts";
import {
  BENEFICIARY,
  COMMITMENT,
  createBench,
  nextBatch,
  PROOF,
  SIZES,
  submit,
  type Bench,
  type SubmitOptions,
} from "../support/chain/rollup.ts";
import { flipped } from "../support/protocol/flipped.ts";

const DEPOSIT = {
  kind: "deposit",
  index: 71,
  token: 0,
  l1Address: 0xa11ce1n,
  pubKeyY: 0x5eed01n,
  amount: 1001n,
} as const;
const CREATION = { kind: "creation", index: 72, token: 1, l1Address: 0xb0b2n, pubKeyY: 0x5eed02n } as const;
const FORCED = { kind: "forcedWithdrawal", index: 73, token: 0, l1Address: 0xca4013n, amount: 333n } as const;
const THREE_DAYS = 3 * 86_400;
const SECOND_DEPOSIT = { ...DEPOSIT, pubKeyY: 0x5eed04n, amount: 4004n } as const;

// Everything here runs on size 0, whose verifier accepts every proof: these are the checks that are not the proof's.
describe("Rollup: submitBatch", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });

  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(bench.rollup, error);

  /** Expects the next batch, with changes, to be refused, and to be accepted without them. */
  async function refusedWith(changes: Partial<PublishedBatch>, error: string): Promise<void> {
    const good = await nextBatch(bench);
    await refused(submit(bench, { ...good, ...changes }), error);
    await submit(bench, good);
  }

  it("moves the root, number, timestamp and queue on", async () => {
    const { rollup } = bench;
    const l1Operations = [DEPOSIT, CREATION, FORCED];
    const refundAddresses = await enqueue(bench, l1Operations);
    const batch = await nextBatch(bench, { newRoot: 0xabcdefn, l1Operations });
    await expect(submit(bench, batch, { refundAddresses }))
      .to.emit(rollup, "BatchSubmitted")
      .withArgs(1, BENEFICIARY, 0xabcdefn, 0, 2);
    expect(await rollup.stateRoot()).to.equal(0xabcdefn);
    expect(await rollup.batchNumber()).to.equal(1n);
    expect(await rollup.lastTimestamp()).to.equal(BigInt(batch.timestamp));
    expect(await rollup.queueBounds()).to.deep.equal([2n, 2n]);
  });

  describe("header", () => {
    it("refuses a batch twice", async () => {
      const batch = await nextBatch(bench, { newRoot: await bench.rollup.stateRoot() });
      await submit(bench, batch);
      await refused(submit(bench, batch), "WrongBatchNumber");
    });

    it("refuses another rollup's or chain's domain", async () => {
      const rollup = BigInt(await bench.rollup.getAddress());
      await refusedWith({ domain: domainOf(1n, rollup) }, "WrongDomain");
      await refusedWith({ domain: domainOf(31337n, rollup + 1n) }, "WrongDomain");
    });

    it("refuses a wrong old root, and the right one plus the field's order", async () => {
      const root = await bench.rollup.stateRoot();
      await refusedWith({ oldRoot: root + 1n }, "WrongOldRoot");
      await refusedWith({ oldRoot: (await bench.rollup.stateRoot()) + FIELD_ORDER }, "WrongOldRoot");
    });

    it("refuses a new root that is no field element", async () => {
      await refusedWith({ newRoot: FIELD_ORDER }, "RootNotInField");
      await submit(bench, await nextBatch(bench, { newRoot: FIELD_ORDER - 1n }));
    });

    it("refuses a batch number that is not the next", async () => {
      await refusedWith({ batchNumber: 0 }, "WrongBatchNumber");
      await refusedWith({ batchNumber: 3 }, "WrongBatchNumber");
    });

    it("refuses timestamps in the future, before the window or before the last batch", async () => {
      const { networkHelpers } = bench;
      const first = await nextBatch(bench);
      await submit(bench, first);
      const now = first.timestamp + 100_000;
      const at = async (timestamp: number) => {
        await networkHelpers.time.setNextBlockTimestamp(now);
        return submit(bench, await nextBatch(bench, { timestamp }));
      };
      const snapshot = await networkHelpers.takeSnapshot();
      await refused(at(now + 1), "TimestampOutOfRange");
      await snapshot.restore();
      await refused(at(now - 6 * 3600 - 1), "TimestampOutOfRange");
      await snapshot.restore();
      await at(now - 6 * 3600);
      await snapshot.restore();
      await at(now);
      await refused(submit(bench, await nextBatch(bench, { timestamp: now - 1 })), "TimestampOutOfRange");
    });

    it("refuses words that are not of exactly the length that their counts give", async () => {
      const batch = await nextBatch(bench, {
        l1Operations: [CREATION],
        withdrawals: [{ from: 1, fee: 0n, l1Address: 2n, amount: 0n }],
        transfers: [{ from: 1, to: 2, amount: 3n, fee: 4n }],
      });
      const words = encodeWords(SIZES[0], batch);
      const [l1Operation, withdrawal] = [126, 126 + 94];
      const without = (from: number, to: number) => Uint8Array.of(...words.slice(0, from), ...words.slice(to));
      for (const damaged of [
        words.slice(0, -1),
        words.slice(0, -31),
        Uint8Array.of(...words, 0),
        Uint8Array.of(...words, ...new Uint8Array(31)),
        words.slice(0, 125),
        // A row without a word, a row too few, and rows that are not in use.
        without(l1Operation + 63, l1Operation + 94),
        without(l1Operation, withdrawal),
        without(withdrawal + 31, withdrawal + 62),
        without(withdrawal, withdrawal + 62),
        Uint8Array.of(...words.slice(0, withdrawal), ...new Uint8Array(94), ...words.slice(withdrawal)),
        Uint8Array.of(...words.slice(0, withdrawal + 62), ...new Uint8Array(62), ...words.slice(withdrawal + 62)),
        // A count that lies.
        flipped(words, "numbers", 1n << 32n),
        flipped(words, "numbers", 3n << 32n),
        flipped(words, "numbers", 1n << 16n),
        flipped(words, "numbers", 3n << 16n),
        flipped(words, "numbers", 1n),
        flipped(words, "numbers", 1n ^ 3n),
      ]) {
        await refused(submit(bench, batch, { words: damaged }), "WrongLength");
      }
      await refused(submit(bench, batch, { words: new Uint8Array() }), "WrongLength");
      await submit(bench, batch, { words });
    });

    it("refuses more rows of a kind than the size has", async () => {
      const { l1Operations, withdrawals, transfers } = SIZES[0];
      const roomy = {
        name: "roomy",
        accounts: 1,
        l1Operations: l1Operations + 1,
        withdrawals: withdrawals + 1,
        transfers: transfers + 2,
        segments: 1,
        nodes: 8,
      };
      const row = { from: 1, to: 2, l1Address: 3n, amount: 4n, fee: 5n };
      const excesses: Partial<PublishedBatch>[] = [
        { l1Operations: Array.from({ length: l1Operations + 1 }, () => CREATION) },
        { withdrawals: Array.from({ length: withdrawals + 1 }, () => row) },
        { transfers: Array.from({ length: transfers + 1 }, () => row) },
      ];
      for (const excess of excesses) {
        const batch = await nextBatch(bench, excess);
        await refused(submit(bench, batch, { words: encodeWords(roomy, batch) }), "TooManyRows");
      }
    });

    it("refuses a size that does not exist, and proofs for another size", async () => {
      const batch = await nextBatch(bench);
      for (const size of [2, 3, 4, 5, 6]) await refused(submit(bench, batch, { size }), "UnknownBatchSize");
      await refused(submit(bench, batch, { size: 1 }), "InvalidProof");
    });

    it("refuses a commitment that is no field element", async () => {
      const batch = await nextBatch(bench);
      await refused(submit(bench, batch, { c: FIELD_ORDER }), "PublicInputNotInField");
      await refused(submit(bench, batch, { c: COMMITMENT + FIELD_ORDER }), "PublicInputNotInField");
      await submit(bench, batch, { c: FIELD_ORDER - 1n });
    });

    it("refuses bits beside the parts of the numbers", async () => {
      await refusedBits("numbers", 168);
    });
  });

  describe("rows of L1 operations", () => {
    it("takes any prefix of the queue, in several batches", async () => {
      const operations = [DEPOSIT, FORCED, SECOND_DEPOSIT];
      const refunds = await enqueue(bench, operations);
      const take = async (l1Operations: PublishedL1Operation[], refundAddresses: string[]) =>
        submit(bench, await nextBatch(bench, { l1Operations }), { refundAddresses });
      await take([DEPOSIT], refunds.slice(0, 1));
      await take([], []);
      await take([FORCED, SECOND_DEPOSIT], refunds.slice(1));
      expect(await bench.rollup.queueBounds()).to.deep.equal([3n, 3n]);
    });

    it("lets the operator choose a deposit's index, but not a forced withdrawal's", async () => {
      const refundAddresses = await enqueue(bench, [DEPOSIT, FORCED]);
      const batch = (forced: PublishedL1Operation) =>
        nextBatch(bench, { l1Operations: [{ ...DEPOSIT, index: 999 }, forced] });
      await refused(submit(bench, await batch({ ...FORCED, index: 74 }), { refundAddresses }), "WrongQueuePrefix");
      await submit(bench, await batch(FORCED), { refundAddresses });
    });

    it("refuses an operation that differs from the queue's in any part, comes out of order or is not there", async () => {
      const refundAddresses = await enqueue(bench, [DEPOSIT, SECOND_DEPOSIT]);
      const wrong: PublishedL1Operation[][] = [
        [{ ...DEPOSIT, token: 1 }],
        [{ ...DEPOSIT, l1Address: DEPOSIT.l1Address + 1n }],
        [{ ...DEPOSIT, pubKeyY: DEPOSIT.pubKeyY + 1n }],
        [{ ...DEPOSIT, amount: DEPOSIT.amount + 1n }],
        [{ ...FORCED, l1Address: DEPOSIT.l1Address }],
        [SECOND_DEPOSIT],
        [SECOND_DEPOSIT, DEPOSIT],
        [DEPOSIT, DEPOSIT],
      ];
      for (const l1Operations of wrong) {
        const options = { refundAddresses: refundAddresses.slice(0, l1Operations.length) };
        await refused(submit(bench, await nextBatch(bench, { l1Operations }), options), "WrongQueuePrefix");
      }
      const absent = [DEPOSIT, SECOND_DEPOSIT, FORCED];
      const options = { refundAddresses: [...refundAddresses, addressOf(0n)] };
      await refused(submit(bench, await nextBatch(bench, { l1Operations: absent }), options), "WrongQueuePrefix");
    });

    it("refuses refund addresses that are not the queue's, too few or too many", async () => {
      const refunds = await enqueue(bench, [DEPOSIT]);
      const batch = await nextBatch(bench, { l1Operations: [DEPOSIT] });
      const options = (refundAddresses: string[]): SubmitOptions => ({ refundAddresses });
      await refused(submit(bench, batch, options([addressOf(0xbadn)])), "WrongQueuePrefix");
      await refused(submit(bench, batch, options([])), "WrongNumberOfRefundAddresses");
      await refused(submit(bench, batch, options([...refunds, ...refunds])), "WrongNumberOfRefundAddresses");
      await submit(bench, batch, options(refunds));
    });

    it("takes creations without a place in the queue", async () => {
      await submit(bench, await nextBatch(bench, { l1Operations: [CREATION, { ...CREATION, index: 75 }] }));
      expect(await bench.rollup.queueBounds()).to.deep.equal([0n, 0n]);
      const refundAddresses = await enqueue(bench, [DEPOSIT]);
      await submit(bench, await nextBatch(bench, { l1Operations: [CREATION, DEPOSIT, CREATION] }), { refundAddresses });
      expect(await bench.rollup.queueBounds()).to.deep.equal([1n, 1n]);
    });

    it("refuses refund addresses where nothing is taken from the queue", async () => {
      for (const l1Operations of [[], [CREATION]]) {
        const batch = await nextBatch(bench, { l1Operations });
        await refused(submit(bench, batch, { refundAddresses: [addressOf(1n)] }), "WrongNumberOfRefundAddresses");
        await submit(bench, batch);
      }
    });

    it("refuses a key that is no field element", async () => {
      const l1Operations = [{ ...CREATION, pubKeyY: FIELD_ORDER }];
      await refused(submit(bench, await nextBatch(bench, { l1Operations })), "KeyNotInField");
    });

    it("refuses a kind that does not exist, and an unused row within the count", async () => {
      for (const kind of [0, 4]) {
        const batch = await nextBatch(bench, { l1Operations: [CREATION] });
        const words = flipped(encodeWords(SIZES[0], batch), "l1Operations[0].word", BigInt(2 ^ kind) << 208n);
        await refused(submit(bench, batch, { words }), "UnknownKind");
      }
    });

    it("refuses bits beside a row's parts", async () => {
      await refusedBits("l1Operations[0].word", 216, { l1Operations: [CREATION] });
      await refusedBits("l1Operations[0].amount", 128, { l1Operations: [CREATION] });
    });
  });

  describe("rows of withdrawals", () => {
    const WITHDRAWAL = { from: 81, fee: 5n, l1Address: 0xb0b81n, amount: 888n };

    it("refuses bits beside a row's parts", async () => {
      await refusedBits("withdrawals[0].word", 208, { withdrawals: [WITHDRAWAL] });
      await refusedBits("withdrawals[0].amount", 128, { withdrawals: [WITHDRAWAL] });
    });

    it("takes transfers for no withdrawals, and credits each withdrawal behind L1 operations", async () => {
      const transfers = [{ from: 0xffff_ffff, to: 0xffff_fffe, amount: 7n, fee: 3n }];
      await submit(bench, await nextBatch(bench, { transfers }));
      const refundAddresses = await enqueue(bench, [{ ...DEPOSIT, amount: 10n ** 6n }]);
      const l1Operations = [CREATION, { ...DEPOSIT, amount: 10n ** 6n }];
      const withdrawals = [WITHDRAWAL, { ...WITHDRAWAL, l1Address: 0xb0b82n, amount: 999n }];
      await submit(bench, await nextBatch(bench, { l1Operations, withdrawals, transfers }), { refundAddresses });
      for (const { l1Address, amount } of withdrawals) {
        expect(await bench.rollup.withdrawable(0, addressOf(l1Address))).to.equal(amount);
      }
    });
  });

  describe("who may submit", () => {
    it("is the operator alone, until an operation is overdue", async () => {
      const { mallory, networkHelpers, rollup } = bench;
      const refundAddresses = await enqueue(bench, [DEPOSIT]);
      const options = { sender: mallory, refundAddresses };
      const batch = () => nextBatch(bench, { l1Operations: [DEPOSIT] });
      await refused(submit(bench, await batch(), options), "NotOperator");
      await networkHelpers.time.increaseTo((await rollup.queueEntry(0)).deadline + 1n);
      await submit(bench, await batch(), options);
      await refused(submit(bench, await nextBatch(bench), { sender: mallory }), "NotOperator");
    });

    it("must serve the overdue queue: all of it, or as much as the roomiest size takes", async () => {
      const { mallory, networkHelpers, rollup } = bench;
      const deposits = Array.from({ length: 4 }, (_, i) => ({ ...DEPOSIT, pubKeyY: 100n + BigInt(i) }));
      const refunds = await enqueue(bench, deposits);
      await networkHelpers.time.increaseTo((await rollup.queueEntry(0)).deadline + 1n);
      const served = async (from: number, to: number, sender = mallory) =>
        submit(bench, await nextBatch(bench, { l1Operations: deposits.slice(from, to) }), {
          sender,
          refundAddresses: refunds.slice(from, to),
        });
      await refused(served(0, 3), "QueueNotServed");
      await refused(served(0, 0, bench.operator), "QueueNotServed");
      const wide = await nextBatch(bench, { l1Operations: deposits });
      await bench.networkHelpers.setCode(await bench.expecting.getAddress(), await code(bench.acceptAll));
      await submit(bench, wide, { size: 1, sender: mallory, refundAddresses: refunds });
    });

    it("need not take what was queued after the batch's own time, nor what is due three days after it", async () => {
      const { mallory, networkHelpers, rollup } = bench;
      const [first, second] = [DEPOSIT, { ...DEPOSIT, pubKeyY: 102n }];
      const refundAddresses = await enqueue(bench, [first]);
      await networkHelpers.time.increaseTo((await rollup.queueEntry(0)).deadline + 1n);
      const early = await nextBatch(bench, { l1Operations: [first] });
      await enqueue(bench, [second]);
      const due = Number((await rollup.queueEntry(1)).deadline);
      await networkHelpers.time.increaseTo(due - THREE_DAYS);
      const at = (timestamp: number) => submit(bench, { ...early, timestamp }, { sender: mallory, refundAddresses });
      await refused(at(due - THREE_DAYS), "QueueNotServed");
      for (const timestamp of [due - THREE_DAYS - 1, early.timestamp]) {
        const before = await networkHelpers.takeSnapshot();
        await at(timestamp);
        expect(await rollup.queueBounds()).to.deep.equal([1n, 2n]);
        expect(await rollup.isOverdue()).to.equal(false);
        await before.restore();
      }
    });

    it("need not empty an overdue queue beyond the roomiest size", async () => {
      const { mallory, networkHelpers, rollup } = bench;
      const deposits = Array.from({ length: 6 }, (_, i) => ({ ...DEPOSIT, pubKeyY: 100n + BigInt(i) }));
      const refunds = await enqueue(bench, deposits);
      await networkHelpers.time.increaseTo((await rollup.queueEntry(0)).deadline + 1n);
      await networkHelpers.setCode(await bench.expecting.getAddress(), await code(bench.acceptAll));
      const batch = await nextBatch(bench, { l1Operations: deposits.slice(0, 5) });
      await submit(bench, batch, { size: 1, sender: mallory, refundAddresses: refunds.slice(0, 5) });
      expect(await rollup.queueBounds()).to.deep.equal([5n, 6n]);
    });

    it("is never a contract, in whose transaction nodes would not find the words", async () => {
      const { rollup, owner, operator, ethers, networkHelpers } = bench;
      const wallet = await ethers.deployContract("Receiver", [rollup]);
      await rollup.connect(owner).setOperator(wallet);
      const words = encodeWords(SIZES[0], await nextBatch(bench));
      const proof = [...PROOF] as never;
      const args = [0, proof, COMMITMENT, words, [], BENEFICIARY] as never;
      const data = rollup.interface.encodeFunctionData("submitBatch", args);
      await refused(wallet.connect(operator).forward(data), "NotDirectCall");

      // A contract has no code while it is made.
      const [, maker] = await ethers.getSigners();
      const address = ethers.getCreateAddress({ from: maker!.address, nonce: await maker!.getNonce() });
      await rollup.connect(owner).setOperator(address);
      await refused(ethers.deployContract("ConstructorCaller", [rollup, data], maker), "NotDirectCall");

      // An account that EIP-7702 gave code: it could call itself, and from there the rollup.
      await rollup.connect(owner).setOperator(operator);
      await networkHelpers.setCode(operator.address, `0xef0100${(await wallet.getAddress()).slice(2)}`);
      await refused(submit(bench, await nextBatch(bench)), "NotDirectCall");
    });
  });

  const code = async (contract: { getAddress(): Promise<string> }) =>
    bench.ethers.provider.getCode(await contract.getAddress());

  /** Sets the lowest bit above a packed word's parts. */
  async function refusedBits(name: string, bits: number, changes: Partial<PublishedBatch> = {}): Promise<void> {
    const batch = await nextBatch(bench, changes);
    const words = flipped(encodeWords(SIZES[0], batch), name, 1n << BigInt(bits));
    await refused(submit(bench, batch, { words }), "MalformedWord");
  }
});
