import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toBeHex, type JsonRpcApiProvider } from "ethers";
import { deployRollup } from "../../../fixture/deployment.ts";
import type { BuiltCircuit } from "../../../fixture/build.ts";
import { domainOf } from "../../../protocol/challenge.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { EMPTY_NODES } from "../../../protocol/tree.ts";
import { batchCircuit, ensureVerifier, type CircuitArtifacts, type KeyArtifacts } from "../../../prover/artifacts.ts";
import { makeProver } from "../../../prover/backend.ts";
import type { Backend } from "../../../prover/backends.ts";
import { ensureCompiled } from "../../../prover/circuit-cache.ts";
import { ensureDevelopmentKey } from "../../../prover/key-cache.ts";
import { provePipeline } from "../../../prover/pipeline.ts";
import { solidityProof } from "../../../prover/proof-files.ts";
import type { Prover, TimedProof } from "../../../prover/prover.ts";
import { Ring } from "./full-batch.ts";
import { transfersThatFit, type MixedTransfers } from "./mixes.ts";

/** What a batch size costs. Times are medians, in milliseconds. */
export interface SizeReport {
  readonly name: string;
  readonly transfers: number;
  readonly accounts: number;
  readonly l1Ops: number;
  readonly withdrawals: number;
  readonly segments: number;
  readonly constraints: number;
  readonly nonZeros: number;
  readonly domainPower: number;
  /** By who pays whom. */
  readonly constraintsPerTransfer: MixedTransfers;
  readonly compileMs: number;
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
}

/**
 * Compiles a size, makes a development key and proofs, and has a rollup on the given chain take one of them. Nothing
 * comes from the cache.
 */
export async function measureSize(
  size: BatchSize,
  provider: JsonRpcApiProvider,
  { backends, runs, exit, onStep }: MeasureOptions,
): Promise<SizeReport> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-bench-"));
  try {
    onStep("compiling the circuit");
    const [circuit, compileMs] = await timed(() => ensureCompiled(batchCircuit(size), folder));
    onStep("making a development key");
    const [key, setupMs] = await timed(() => ensureDevelopmentKey(circuit, folder));
    const built = { size, circuit, key, verifier: await ensureVerifier({ circuit, key }) };
    onStep("deploying");
    const rollup = await deployRollup(provider, [built], exit);
    const ring = new Ring(size);
    await takeAsState(provider, await rollup.getAddress(), ring.state.root);
    const { chainId } = await provider.getNetwork();
    const { timestamp } = (await provider.getBlock("latest"))!;
    const batch = ring.batch(domainOf(chainId, BigInt(await rollup.getAddress())), timestamp);

    const times: Partial<Record<Backend, number>> = {};
    let witnessMs = 0;
    let perSecond = 0;
    let last: TimedProof | undefined;
    for (const backend of backends.length === 0 ? [undefined] : backends) {
      const prover = await makeProver({ wasm: circuit.wasm, plan: circuit.plan, ...key }, { backend });
      onStep(`proving with ${prover.backend}`);
      try {
        const proofs = await collect(prover, batch.input, runs);
        times[prover.backend] = median(proofs.map(({ timings }) => timings.prove));
        if (last !== undefined) continue;
        witnessMs = median(proofs.map(({ timings }) => timings.witness));
        onStep("proving batch after batch");
        const start = performance.now();
        for await (const { proof } of provePipeline(repeat({ prover, input: batch.input }, runs))) last = proof;
        perSecond = (1000 * size.transfers * runs) / (performance.now() - start);
      } finally {
        await prover.close();
      }
    }
    onStep("submitting");
    const operator = await provider.getSigner(1);
    const proof = solidityProof(last!.proof);
    const { c } = batch.publicSignals;
    const receipt = await (await rollup.connect(operator).submitBatch(0, proof, c, batch.words, [])).wait();
    const gas = Number(receipt!.gasUsed);
    return {
      ...described(size, circuit),
      compileMs,
      setupMs,
      keyBytes: await sizeOf(key),
      witnessMs,
      proveMs: Math.min(...Object.values(times)),
      proveMsBy: times,
      transfersPerSecond: perSecond,
      gas,
      gasPerTransfer: gas / size.transfers,
      bytesPerTransfer: batch.words.length / size.transfers,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function described(size: BatchSize, { counts }: CircuitArtifacts) {
  const { name, transfers, accounts, l1Operations, withdrawals, segments } = size;
  const { constraints, nonZeros, domainPower } = counts;
  const fit = transfersThatFit(size);
  return {
    ...{ name, transfers, accounts, l1Ops: l1Operations, withdrawals, segments, constraints, nonZeros, domainPower },
    constraintsPerTransfer: {
      ring: constraints / fit.ring,
      distinct: constraints / fit.distinct,
      zipf: constraints / fit.zipf,
    },
  };
}

/**
 * Makes a fresh rollup believe that it is in another state than the empty one. Only a test chain can do that: to fill a
 * state by deposits alone would take batch after batch.
 */
async function takeAsState(provider: JsonRpcApiProvider, rollup: string, root: bigint): Promise<void> {
  const genesis = EMPTY_NODES.at(-1)!;
  for (let slot = 0; slot < 64; slot++) {
    if (BigInt(await provider.getStorage(rollup, slot)) !== genesis) continue;
    await provider.send("hardhat_setStorageAt", [rollup, `0x${slot.toString(16)}`, toBeHex(root, 32)]);
    return;
  }
  throw new Error("the contract keeps its state root in none of its first 64 slots");
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
