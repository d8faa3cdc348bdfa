import { BATCH_SIZES, type BatchSize } from "../../../protocol/constants.ts";
import { amountFloat, feeFloat } from "../../../protocol/float.ts";
import { digestOf } from "../../../protocol/challenge.ts";
import { encodeWords, transferWordsOf, type PublishedBatch, type PublishedTransfer } from "../../../protocol/words.ts";
import { endCurveWorkers } from "../../../prover/backends/curve-workers.ts";
import { packBatches, type PackedBatch } from "../../../l1/packed-batches.ts";
import { seeded } from "../random.ts";
import { deployBroken } from "./broken-setup.ts";
import { replayed, minedOn, type Fork } from "./replayed-chain.ts";
import { callOf, openedBlob, sendInBlob } from "./blob-call.ts";
import { BENEFICIARY, COMMITMENT, nextBatch, type Proof } from "./rollup.ts";

/** Batches of the largest size in one call with a blob. */
const IN_BLOB = 8;

/** What a blob costs at least, in gas of execution, whatever blobs cost (EIP-7918). */
const BLOB_GAS = 8_192;

/** No circuit has this size: what the contract would take for it. */
const PROJECTED: BatchSize = {
  ...{
    name: "1024 (projected, no proof)",
    transfers: 1024,
    accounts: 1,
    l1Operations: 8,
    withdrawals: 8,
    segments: 9,
    nodes: 59,
  },
};

/** When the first batch is made, in seconds: fixed, as a zero byte in a timestamp or in a proof costs less than another. */
const START = Date.UTC(2050, 6, 7, 8, 9, 10) / 1000;

/** Batches in one call, of each size that has a circuit. */
const TOGETHER = [1, 2, 4, 8, 16, 32];

/**
 * What batches cost on L1 by the rules of each fork, in gas: whole transactions with full batches of transfers and nothing
 * else, through real verifiers; by the name of the size, a transfer's part, and all of a call of several. Proofs are forged, by the
 * secrets of a broken setup; a verifier's gas depends on no more than the number of its public signals.
 */
export async function transferGas(forks: readonly Fork[]): Promise<readonly Readonly<Record<string, number>>[]> {
  const sizes = [...BATCH_SIZES, PROJECTED];
  const setup = await deployBroken("gas", sizes, true);
  try {
    const { rollup, operator, bench } = setup;
    let last = await nextBatch(bench);
    last = { ...last, newRoot: last.oldRoot, batchNumber: 0 };
    const publish = (id: number): PublishedBatch => {
      const batchNumber = last.batchNumber + 1;
      last = {
        ...{ ...last, oldRoot: last.newRoot, newRoot: 3n ** 150n + BigInt(batchNumber), batchNumber },
        ...{ timestamp: START + batchNumber * 100, feeAccount: 7, transfers: transfers(sizes[id]!.transfers) },
      };
      return last;
    };
    const next = (id: number): PackedBatch => ({
      ...{ size: id, refundAddresses: [], ...setup.prove(sizes[id]!, publish(id)) },
    });
    /** A call of full batches in a blob, whose proofs are for the blob's point. */
    const inBlob = async (id: number, count: number): Promise<string> => {
      const size = sizes[id]!;
      const batches = Array.from({ length: count }, () => ({ ...publish(id), inBlob: true }));
      const parts = batches.map((batch) => ({
        digest: digestOf(COMMITMENT, BigInt(BENEFICIARY), encodeWords(size, batch)),
        transferWords: transferWordsOf(batch),
      }));
      const blob = openedBlob(parts);
      const proven = batches.map((batch): PackedBatch => {
        return { size: id, refundAddresses: [], ...setup.prove(size, batch, undefined, blob.z) };
      });
      await bench.networkHelpers.time.increaseTo(last.timestamp);
      const call = callOf(await rollup.getAddress(), packBatches(proven), blob);
      return (await sendInBlob(operator.provider!, call)).hash;
    };
    const hashes: (readonly [name: string, hash: string, parts: number])[] = [];
    // The first batch of a rollup writes to slots that are empty; it is not counted.
    for (const [id, { name, transfers }] of [[0, sizes[0]!] as const, ...sizes.entries()]) {
      const { proof, c, words, beneficiary } = next(id);
      await bench.networkHelpers.time.increaseTo(last.timestamp);
      const { hash } = await rollup.connect(operator).submitBatch(id, [...proof] as Proof, c, words, [], beneficiary);
      hashes.push([`a transfer in ${name}`, hash, transfers]);
    }
    for (const [id, { name, transfers }] of sizes.entries()) {
      for (const count of BATCH_SIZES.includes(sizes[id]!) ? TOGETHER : []) {
        const batches = Array.from({ length: count }, () => next(id));
        await bench.networkHelpers.time.increaseTo(last.timestamp);
        const { hash } = await rollup.connect(operator).submitBatches(packBatches(batches));
        hashes.push([`a call of ${count} of ${name}`, hash, 1]);
        hashes.push([`a transfer in ${name}, ${count} in a call`, hash, count * transfers]);
      }
    }
    const largest = sizes.indexOf(BATCH_SIZES.toSorted((a, b) => b.transfers - a.transfers)[0]!);
    const blobbed = await inBlob(largest, IN_BLOB);
    const mined = await minedOn(operator.provider!);
    return await Promise.all(
      forks.map(async (fork) => {
        const outcomes = await replayed(mined, fork);
        const share = ([name, hash, parts]: (typeof hashes)[number]): [string, number] => [
          name,
          Math.ceil(outcomes.get(hash)!.gas / parts),
        ];
        const { gas } = outcomes.get(blobbed)!;
        const { name, transfers } = sizes[largest]!;
        const each = Math.ceil((gas + BLOB_GAS) / (IN_BLOB * transfers));
        return Object.fromEntries([
          ...hashes.map(share),
          [`a call of ${IN_BLOB} of ${name} in a blob`, gas],
          [`a transfer in ${name}, ${IN_BLOB} in a call, in a blob`, each],
        ]);
      }),
    );
  } finally {
    await setup.close();
    await endCurveWorkers();
  }
}

/** Transfers between some of 2^24 accounts, of amounts with all the digits that there are and of ordinary fees. */
function transfers(count: number): PublishedTransfer[] {
  const random = seeded("gas of a transfer");
  const index = (): number => 1 + Number(random.below(2n ** 24n));
  return Array.from({ length: count }, () => ({
    ...{ from: index(), to: index() },
    amount: amountFloat.decode(random.below(2n ** 39n) + (6n << 39n)),
    fee: feeFloat.decode(1n + random.below(2000n) + (9n << 11n)),
  }));
}
