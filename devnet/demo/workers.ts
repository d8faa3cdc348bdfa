import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { BuiltSize } from "../../fixture/build.ts";
import { type Batch, signalsOf } from "../../protocol/batch.ts";
import { localProgram } from "../../prover/artifacts/program.ts";
import type { TimedProof } from "../../prover/prover.ts";
import { ProverClient } from "../../prover/service/client.ts";
import { superviseWorkers } from "../../prover/service/fleet.ts";
import { startService } from "../../prover/service/service.ts";

/** A prover service with worker processes on this machine, for one demonstration. */
export interface DemoFleet {
  prove(batch: Batch): Promise<TimedProof>;
  close(): Promise<void>;
}

/** Starts the service and waits until all its workers have reported. */
export async function startFleet(sizes: readonly BuiltSize[], count: number): Promise<DemoFleet> {
  const data = await mkdtemp(join(tmpdir(), "sheaf-demo-"));
  const programs = await Promise.all(sizes.map(({ circuit, key }) => localProgram(circuit, key)));
  const token = randomUUID();
  const service = await startService({ programs, data, port: 0, token });
  const log = pino({ level: "warn" }, pino.destination(2));
  const fleet = superviseWorkers({ queue: service.queue, count, token, log, workersLog: { level: "warn" } });
  const client = new ProverClient(service.url, { token });
  while ((await client.workers()).length < count) await new Promise((done) => setTimeout(done, 200));
  return {
    async prove({ size, input: inputs, published, publicSignals: signals }) {
      const publicSignals = signalsOf(signals);
      const [program, order] = [size.name, published.batchNumber];
      const { id } = await client.submit({ kind: "inputs", program, inputs, publicSignals, order });
      return client.wait(id, { interval: 100 });
    },
    async close() {
      await fleet.close();
      await service.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}
