import { BATCH_SIZES, type BatchSize } from "../../../protocol/constants.ts";
import { amountFloat, feeFloat } from "../../../protocol/float.ts";
import type { PublishedTransfer } from "../../../protocol/words.ts";
import { endCurveWorkers } from "../../../prover/backends/curve-workers.ts";
import { seeded } from "../random.ts";
import { deployBroken } from "./broken-setup.ts";
import { replayed, minedOn, type Fork } from "./replayed-chain.ts";
import { BENEFICIARY, nextBatch } from "./rollup.ts";

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

/**
 * What a transfer costs on L1 by the rules of each fork, in gas, by the name of the size: a whole transaction with a full
 * batch of transfers and nothing else, through a real verifier, divided by their number. Proofs are forged, by the
 * secrets of a broken setup; a verifier's gas depends on no more than the number of its public signals.
 */
export async function transferGas(forks: readonly Fork[]): Promise<readonly Readonly<Record<string, number>>[]> {
  const sizes = [...BATCH_SIZES.filter(({ name }) => name.startsWith("batch-")), PROJECTED];
  const setup = await deployBroken("gas", sizes);
  try {
    const hashes = new Map<BatchSize, string>();
    // The first batch of a rollup writes to slots that are empty; it is not counted.
    for (const [id, size] of [[0, sizes[0]!] as const, ...sizes.entries()]) {
      const newRoot = 3n ** 150n + BigInt(await setup.rollup.batchNumber());
      const timestamp = START + Number(await setup.rollup.batchNumber()) * 100;
      await setup.bench.networkHelpers.time.increaseTo(timestamp);
      const changes = { newRoot, timestamp, feeAccount: 7, transfers: transfers(size.transfers) };
      const batch = await nextBatch(setup.bench, changes);
      const { proof, c, words } = setup.prove(size, batch);
      const call = await setup.rollup.connect(setup.operator).submitBatch(id, proof, c, words, [], BENEFICIARY);
      hashes.set(size, call.hash);
    }
    const mined = await minedOn(setup.operator.provider!);
    return await Promise.all(
      forks.map(async (fork) => {
        const outcomes = await replayed(mined, fork);
        const share = ([{ name, transfers }, hash]: [BatchSize, string]): [string, number] => [
          `a transfer in ${name}`,
          Math.ceil(outcomes.get(hash)!.gas / transfers),
        ];
        return Object.fromEntries([...hashes].map(share));
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
