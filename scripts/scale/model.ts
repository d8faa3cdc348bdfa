import { BLOB_BYTES, gasOfBatch, SLOT_SECONDS, type L1 } from "./l1.ts";
import type { Published, StageTerms } from "./terms.ts";

/** What is given: a batch's cost in each stage and on L1, L1's limits, and the machines. */
export interface Conditions {
  readonly stages: StageTerms;
  readonly published: Published;
  readonly l1: L1;
  /** Of a machine of the fleet. */
  readonly cores: number;
  /** Milliseconds of the coordinator's core that a job takes once it is taken in: queue, input and verification. */
  readonly coordinatorMs: number;
}

/** What a number of transfers a second needs. */
export interface Need {
  readonly transfersPerSecond: number;
  readonly batchesPerSecond: number;
  /** Cores that check signatures of what comes in. */
  readonly admissionCores: number;
  /** Cores of the fleet: witness, proof, and the worker's own check of it. */
  readonly proverCores: number;
  readonly machines: number;
  readonly gasPerSecond: number;
  readonly bytesPerSecond: number;
  /** What is needed of each limit, as a part of it: above 1 it is too much for one rollup. */
  readonly loads: Readonly<Record<Limit, number>>;
  /** What is reached first. */
  readonly binds: Limit;
}

export const LIMITS = ["L1 gas", "state machine, one core", "coordinator, one core"] as const;
export type Limit = (typeof LIMITS)[number];

/** Proofs do not depend on one another, so that provers only have to be many; what stands in `loads` does not multiply. */
export function needFor(transfersPerSecond: number, { stages, published, l1, cores, coordinatorMs }: Conditions): Need {
  const { size, gas, words } = published;
  const batchesPerSecond = transfersPerSecond / size.transfers;
  const proverCores = (batchesPerSecond * (stages.witnessMs + stages.proofMs + stages.verificationMs)) / 1000;
  const gasPerSecond = batchesPerSecond * gasOfBatch(gas, words, l1.schedule);
  const loads: Record<Limit, number> = {
    "L1 gas": (gasPerSecond * SLOT_SECONDS) / l1.blockGas,
    "state machine, one core": (batchesPerSecond * stages.batchMs) / 1000,
    "coordinator, one core": (batchesPerSecond * (stages.intakeMs + coordinatorMs)) / 1000,
  };
  return {
    ...{ transfersPerSecond, batchesPerSecond, proverCores, gasPerSecond, loads },
    admissionCores: (transfersPerSecond * stages.admissionMs) / 1000,
    machines: Math.ceil(proverCores / cores),
    bytesPerSecond: batchesPerSecond * words.length,
    binds: LIMITS.toSorted((a, b) => loads[b] - loads[a])[0]!,
  };
}

/** Transfers a second at which a limit is reached. */
export function ceilingOf(limit: Limit, conditions: Conditions): number {
  return 1 / needFor(1, conditions).loads[limit];
}

/** Transfers a second whose words blobs would hold. They are calldata today: what blobs would change. */
export function blobCeiling({ published, l1 }: Conditions): number {
  const bytesOfTransfer = published.words.length / published.size.transfers;
  return (l1.blobs * BLOB_BYTES) / SLOT_SECONDS / bytesOfTransfer;
}

/** Proofs a second that workers make, of one thread each, on a machine with this many cores free. */
export function proofsPerSecond(stages: StageTerms, workers: number, cores: number): number {
  const { witnessMs, proofMs, verificationMs } = stages;
  return (1000 * Math.min(workers, cores)) / (witnessMs + proofMs + verificationMs);
}
