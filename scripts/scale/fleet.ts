import { signalsOf } from "../../protocol/batch.ts";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { Ring } from "../../bench/full-batch.ts";
import { treeCpu } from "../../bench/process-usage.ts";
import { domainOf } from "../../protocol/challenge.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { ensureKeys } from "../../prover/artifacts/artifacts.ts";
import { localProgram } from "../../prover/artifacts/program.ts";
import { ProverClient, type Submission } from "../../prover/service/client.ts";
import { superviseWorkers } from "../../prover/service/fleet.ts";
import { startService } from "../../prover/service/service.ts";

/** What workers of one thread each did on one machine. */
export interface FleetRun {
  readonly size: string;
  readonly workers: number;
  readonly proofs: number;
  readonly proofsPerSecond: number;
  /** Processor time of the workers, their native processes included. */
  readonly cpuMsPerProof: number;
  /** Cores of the machine that were busy with other work, or the coordinator, on average. */
  readonly othersCores: number;
  readonly cores: number;
}

const DOMAIN = domainOf(31337n, 0x5fbdb2315678afecb367f032d93f642f64180aa3n);
const TIMESTAMP = 1_767_225_600;

/** Has real workers prove full batches of a size side by side, and measures what they did. */
export async function runFleet(size: BatchSize, workers: number, proofs: number): Promise<FleetRun> {
  const data = await mkdtemp(join(tmpdir(), "sheaf-scale-"));
  const { circuit, key } = await ensureKeys(size, { setup: "development-INSECURE" });
  const program = await localProgram(circuit, key);
  const service = await startService({ programs: [program], data, port: 0 });
  process.env["SHEAF_THREADS"] = "1";
  const log = pino({ level: "error" }, pino.destination(2));
  const fleet = superviseWorkers({ queue: service.queue, count: workers, log, workersLog: { level: "error" } });
  const client = new ProverClient(service.url, { timeout: 600_000 });
  const ring = new Ring(size);
  const request = (batchNumber: number): Submission => {
    const { input, publicSignals } = ring.batch(DOMAIN, batchNumber, TIMESTAMP + batchNumber);
    return { kind: "inputs", program: program.id, inputs: input as never, publicSignals: signalsOf(publicSignals) };
  };
  const proveAll = async (requests: readonly Submission[]): Promise<void> => {
    const ids: string[] = [];
    for (const each of requests) ids.push((await client.submit(each)).id);
    for (const id of ids) await client.wait(id, { interval: 100 });
  };
  try {
    while ((await client.workers()).length < workers) await sleep(200);
    // A proof of each worker that does not count: it loads the key.
    await proveAll(Array.from({ length: workers }, (_, n) => request(n)));
    const requests = Array.from({ length: proofs }, (_, n) => request(workers + n));
    const before = { cpu: await cpuOfAll(fleet.pids), busy: await busyMs(), at: performance.now() };
    await proveAll(requests);
    const elapsed = performance.now() - before.at;
    const cpu = (await cpuOfAll(fleet.pids)) - before.cpu;
    return {
      ...{ size: size.name, workers, proofs, cores: availableParallelism() },
      proofsPerSecond: (1000 * proofs) / elapsed,
      cpuMsPerProof: cpu / proofs,
      othersCores: ((await busyMs()) - before.busy - cpu) / elapsed,
    };
  } finally {
    await fleet.close();
    await service.close();
    await rm(data, { recursive: true, force: true });
  }
}

async function cpuOfAll(pids: readonly number[]): Promise<number> {
  const all = await Promise.all(pids.map((pid) => treeCpu(pid)));
  return all.reduce((sum, cpu) => sum + cpu, 0);
}

/** Milliseconds that the machine's cores have been busy, since it was started: proc(5). */
async function busyMs(): Promise<number> {
  const stat = await readFile("/proc/stat", "utf8");
  const [user, nice, system, , , irq, softirq, steal] = /^cpu +(.*)$/m.exec(stat)![1]!.split(" ").map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) * 10;
}
