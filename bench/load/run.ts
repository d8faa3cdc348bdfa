import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureCompiled } from "../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey } from "../../prover/artifacts/key-cache.ts";
import { localProgram } from "../../prover/artifacts/program.ts";
import { snarkjsProver } from "../../prover/backends/snarkjs.ts";
import { ProverClient } from "../../prover/service/client.ts";
import { startService } from "../../prover/service/service.ts";
import { measureFairness, type Fairness } from "./fairness.ts";
import type { StubOptions } from "./stubs.ts";

export interface LoadOptions {
  readonly jobs: number;
  readonly workers: number;
  /** Milliseconds that the stub takes for a proof. */
  readonly milliseconds: number;
  /** Default: an embedded queue of its own. */
  readonly queue?: string | undefined;
}

export interface LoadReport extends Fairness {
  readonly jobs: number;
  readonly workers: number;
  readonly stubMs: number;
  readonly submitMs: number;
  /** From the first job taken to the last proof accepted. */
  readonly totalMs: number;
  /** What a worker loses on each job beside the stub's time. */
  readonly overheadMs: number;
  /** Processor time of the coordinator a job, from when it was submitted: verification, above all. */
  readonly coordinatorMs: number;
}

/** A small circuit: everything but the proof is measured. */
const CIRCUIT = `pragma circom 2.2.0;
template Squares(n) {
  signal input x;
  signal output y;
  signal steps[n + 1];
  steps[0] <== x;
  for (var i = 0; i < n; i++) steps[i + 1] <== steps[i] * steps[i];
  y <== steps[n];
}
component main {public [x]} = Squares(80);
`;
/** Chains whose jobs are submitted in turn, out of the order of their ages. */
const CHAINS = 4;

/**
 * Measures the service without proving: a stub, in another process, hands in one right proof after a known time, for each
 * of many jobs. All else is real: HTTP, queue, leases, and the check of each proof.
 */
export async function runLoad({ jobs, workers, milliseconds, queue }: LoadOptions): Promise<LoadReport> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-load-"));
  const circuit = await ensureCompiled({ name: "load", main: CIRCUIT, includes: [] }, folder);
  const program = await localProgram(circuit, await ensureDevelopmentKey(circuit, folder));
  const made = await snarkjsProver({ ...program.paths, verificationKey: program.verificationKey }).prove({ x: 3n });
  const service = await startService({
    programs: [program],
    data: folder,
    port: 0,
    queue,
    maxQueued: jobs + 1,
    keep: jobs,
  });
  const client = new ProverClient(service.url);
  let stubs: ChildProcess | undefined;
  try {
    const before = performance.now();
    const ids: string[] = [];
    for (let n = 0; n < jobs; n++) {
      // Each chain's ages are distinct, and shuffled by a step that is coprime to their number.
      const order = 1_700_000_000 + ((n * 7919) % jobs);
      const inputs = { x: "3", chain: `${n % CHAINS}`, n: `${n}` };
      const publicSignals = [...made.publicSignals];
      ids.push((await client.submit({ kind: "inputs", program: program.id, inputs, publicSignals, order })).id);
    }
    const [submitMs, cpu] = [performance.now() - before, process.cpuUsage()];
    await writeFile(join(folder, "proof.json"), JSON.stringify(made));
    stubs = startStubs({ queue: service.queue, workers, milliseconds, folder });
    const isBusy = async (): Promise<boolean> =>
      Object.values(await service.coordinator.queue.load()).some(({ queued, proving }) => queued + proving > 0);
    while (await isBusy()) await sleep(100);
    for (const id of ids) await client.wait(id, { interval: 20 });
    const all = await service.coordinator.queue.list(jobs);
    const first = Math.min(...all.map(({ startedAt }) => startedAt!));
    const totalMs = Math.max(...all.map(({ finishedAt }) => finishedAt!)) - first;
    const used = process.cpuUsage(cpu);
    return {
      ...{ jobs, workers, stubMs: milliseconds, submitMs, totalMs },
      overheadMs: (totalMs * workers) / jobs - milliseconds,
      coordinatorMs: (used.user + used.system) / 1000 / jobs,
      ...measureFairness(all, workers, totalMs / 1000),
    };
  } finally {
    stubs?.kill();
    await service.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function startStubs(options: StubOptions): ChildProcess {
  const flags = ["--disable-warning=ExperimentalWarning", "--disable-warning=DeprecationWarning"];
  const script = join(import.meta.dirname, "stubs.ts");
  return spawn(process.execPath, [...flags, script, JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
