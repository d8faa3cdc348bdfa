import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toBeHex, ZeroAddress, type JsonRpcApiProvider } from "ethers";
import type { BuiltCircuit } from "../fixture/build.ts";
import { deployRollup } from "../fixture/deployment.ts";
import type { Batch } from "../protocol/batch.ts";
import { domainOf } from "../protocol/challenge.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { addressToHex } from "../protocol/json-fields.ts";
import {
  batchCircuit,
  ensureVerifier,
  type CircuitArtifacts,
  type KeyArtifacts,
} from "../prover/artifacts/artifacts.ts";
import { ensureCompiled } from "../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey } from "../prover/artifacts/key-cache.ts";
import type { Backend } from "../prover/backends/backend.ts";
import { makeProver } from "../prover/backends/make-prover.ts";
import { solidityProof } from "../prover/files/proof-format.ts";
import { provePipeline } from "../prover/pipeline.ts";
import type { Proof, Prover, TimedProof } from "../prover/prover.ts";
import type { Rollup } from "../types/generated/index.ts";
import { OWNER, Ring } from "./full-batch.ts";
import { transfersThatFit, type MixedTransfers } from "./mixes.ts";
import { peakOfChildren } from "./process-usage.ts";

/** What a batch size costs. Times are medians, in milliseconds. */
export interface SizeReport {
  readonly name: string;
  readonly transfers: number;
  readonly accounts: number;
  readonly l1Ops: number;
  readonly withdrawals: number;
  readonly segments: number;
  readonly nodes: number;
  readonly constraints: number;
  readonly nonZeros: number;
  readonly domainPower: number;
  /** By who pays whom. */
  readonly constraintsPerTransfer: MixedTransfers;
  readonly compileMs: number;
  /** What the compiler had in memory at most; 0 where the system does not tell. */
  readonly compilePeakBytes: number;
  readonly setupMs: number;
  readonly keyBytes: number;
  readonly witnessMs: number;
  /** Of the fastest back end that was measured. */
  readonly proveMs: number;
  readonly proveMsBy: Readonly<Partial<Record<Backend, number>>>;
  /** By the fastest back end, each witness computed during the proof before. */
  readonly transfersPerSecond: number;
  /** Of a whole batch of transfers that L1 took. */
  readonly gas: number;
  readonly gasPerTransfer: number;
  readonly bytesPerTransfer: number;
}

export interface MeasureOptions {
  /** Fastest first; without any, the fastest that works here. */
  readonly backends: readonly Backend[];
  /** Proofs of each back end. */
  readonly runs: number;
  /** The exit circuit, which every deployment has. */
  readonly exit: BuiltCircuit;
  /** Told what is being done. */
  readonly onStep: (step: string) => void;
  /** Given the batches of each size that L1 took. */
  readonly onBatches?: (batches: SubmittedBatches) => Promise<void>;
}

/** A batch that L1 took. */
export interface SubmittedBatch {
  readonly batch: Batch;
  readonly proof: Proof;
  readonly gas: number;
}

/** Full batches of a size that L1 took, with what proved them. */
export interface SubmittedBatches {
  readonly circuit: CircuitArtifacts;
  readonly key: KeyArtifacts;
  /** Of transfers alone. */
  readonly transfers: SubmittedBatch;
  /** With every row in use. */
  readonly whole: SubmittedBatch;
}

/**
 * Compiles a size, makes a development key and proofs, and has a rollup on the given chain take one of them. Nothing
 * comes from the cache.
 */
export async function measureSize(
  size: BatchSize,
  provider: JsonRpcApiProvider,
  { backends, runs, exit, onStep, onBatches }: MeasureOptions,
): Promise<SizeReport> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-bench-"));
  try {
    onStep("compiling the circuit");
    const [[circuit, compilePeakBytes], compileMs] = await timed(() =>
      peakOfChildren(() => ensureCompiled(batchCircuit(size), folder)),
    );
    onStep("making a development key");
    const [key, setupMs] = await timed(() => ensureDevelopmentKey(circuit, folder));
    const built = { size, circuit, key, verifier: await ensureVerifier({ circuit, key }) };
    onStep("deploying");
    const rollup = await deployRollup(provider, [built], exit);
    const ring = new Ring(size);
    const { chainId } = await provider.getNetwork();
    const { timestamp } = (await provider.getBlock("latest"))!;
    const domain = domainOf(chainId, BigInt(await rollup.getAddress()));
    // The first batch of a rollup writes to slots that are empty, which costs more: the second one is measured.
    const [first, second] = [ring.batch(domain, 1, timestamp), ring.batch(domain, 2, timestamp)];
    const whole = ring.wholeBatch(domain, 3, timestamp);

    const times: Partial<Record<Backend, number>> = {};
    let witnessMs = 0;
    let perSecond = 0;
    let proofs: [first: TimedProof, second: TimedProof, whole: TimedProof] | undefined;
    for (const backend of backends.length === 0 ? [undefined] : backends) {
      const prover = await makeProver({ wasm: circuit.wasm, plan: circuit.plan, ...key }, { backend });
      onStep(`proving with ${prover.backend}`);
      try {
        const made = await collect(prover, first.input, runs);
        times[prover.backend] = median(made.map(({ timings }) => timings.prove));
        if (proofs !== undefined) continue;
        witnessMs = median(made.map(({ timings }) => timings.witness));
        onStep("proving batch after batch");
        const start = performance.now();
        const jobs = repeat({ prover, input: second.input }, runs);
        let last: TimedProof;
        for await (const { proof } of provePipeline(jobs)) last = proof;
        perSecond = (1000 * size.transfers * runs) / (performance.now() - start);
        proofs = [made[0]!, last!, await prover.prove(whole.input)];
      } finally {
        await prover.close();
      }
    }
    onStep("submitting");
    const operator = rollup.connect(await provider.getSigner(1));
    const submit = async (batch: Batch, proof: Proof, refunds: readonly string[] = []): Promise<SubmittedBatch> => {
      await takeAsState(provider, rollup, ring.state.root);
      const { publicSignals, words, beneficiary } = batch;
      const points = solidityProof(proof.proof);
      const payee = addressToHex(beneficiary);
      const call = await operator.submitBatch(0, points, publicSignals.c, words, [...refunds], payee);
      return { batch, proof, gas: Number((await call.wait())!.gasUsed) };
    };
    await submit(first, proofs![0]);
    const transfers = await submit(second, proofs![1]);
    const refunds = await queue(provider, rollup, whole);
    await onBatches?.({ circuit, key, transfers, whole: await submit(whole, proofs![2], refunds) });
    return {
      ...described(size, circuit),
      compileMs,
      compilePeakBytes,
      setupMs,
      keyBytes: await sizeOf(key),
      witnessMs,
      proveMs: Math.min(...Object.values(times)),
      proveMsBy: times,
      transfersPerSecond: perSecond,
      gas: transfers.gas,
      gasPerTransfer: transfers.gas / size.transfers,
      bytesPerTransfer: second.words.length / size.transfers,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function described(size: BatchSize, { counts }: CircuitArtifacts) {
  const { name, transfers, accounts, l1Operations, withdrawals, segments, nodes } = size;
  const { constraints, nonZeros, domainPower } = counts;
  const fit = transfersThatFit(size);
  return {
    ...{ name, transfers, accounts, l1Ops: l1Operations, withdrawals, segments, nodes },
    ...{ constraints, nonZeros, domainPower },
    constraintsPerTransfer: {
      ring: constraints / fit.ring,
      distinct: constraints / fit.distinct,
      zipf: constraints / fit.zipf,
    },
  };
}

/**
 * Makes a rollup believe that it is in another state. Only a test chain can do that: to fill a state by deposits alone
 * would take batch after batch.
 */
async function takeAsState(provider: JsonRpcApiProvider, rollup: Rollup, root: bigint): Promise<void> {
  const [address, present] = [await rollup.getAddress(), await rollup.stateRoot()];
  for (let slot = 0; slot < 64; slot++) {
    if (BigInt(await provider.getStorage(address, slot)) !== present) continue;
    await provider.send("hardhat_setStorageAt", [address, `0x${slot.toString(16)}`, toBeHex(root, 32)]);
    return;
  }
  throw new Error("the contract keeps its state root in none of its first 64 slots");
}

/**
 * Puts a batch's L1 operations into the rollup's queue, as their owner does.
 *
 * @returns the refund address of each that waits there
 */
async function queue(provider: JsonRpcApiProvider, rollup: Rollup, { published }: Batch): Promise<string[]> {
  const owner = await provider.getSigner(addressToHex(OWNER));
  const bridge = rollup.connect(owner);
  const refunds: string[] = [];
  for (const operation of published.l1Operations) {
    if (operation.kind === "creation") continue;
    const fee = await rollup.queueFee();
    if (operation.kind === "forcedWithdrawal") {
      await (await bridge.requestWithdrawal(operation.index, operation.token, { value: fee })).wait();
      refunds.push(ZeroAddress);
    } else {
      const { token, amount, pubKeyY } = operation;
      const paid = { value: amount + fee };
      await (await bridge.deposit(token, amount, pubKeyY, owner.address, owner.address, paid)).wait();
      refunds.push(owner.address);
    }
  }
  return refunds;
}

async function collect(prover: Prover, input: Parameters<Prover["prove"]>[0], count: number): Promise<TimedProof[]> {
  const proofs = [];
  for (let run = 0; run < count; run++) proofs.push(await prover.prove(input));
  return proofs;
}

const repeat = <T>(value: T, count: number): T[] => Array.from({ length: count }, () => value);

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

const sizeOf = async ({ zkey }: KeyArtifacts): Promise<number> => (await stat(zkey)).size;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
