import { hostname } from "node:os";
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { sleep } from "../../lib/sleep.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { OfFiles, Program } from "../artifacts/program.ts";
import { removeLeftovers } from "../files/temporary-folder.ts";
import type { Prover } from "../prover.ts";
import { openQueue } from "../queue/open-queue.ts";
import type { Catalogue } from "../queue/queue.ts";
import { ProverClient } from "./client.ts";
import { WorkerFiles } from "./worker-files.ts";
import { runWorker } from "./worker.ts";

export interface JoinOptions {
  readonly queue: string;
  /** Default: what the coordinator has told the queue. */
  readonly coordinator?: string | undefined;
  readonly token?: string | undefined;
  /** Names of batch sizes to prove; all by default. */
  readonly sizes?: readonly string[] | undefined;
  /** Default: this machine's name with something random. */
  readonly name?: string | undefined;
  /** Folder for what is fetched. */
  readonly cache: string;
  /** Folders of circuits and keys that were built on this machine. */
  readonly built?: readonly string[];
  readonly makeProver: (program: Program, paths: OfFiles<string>) => Promise<Prover>;
  readonly deadlineMs?: number | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Joins the fleet of a queue: learns from it what is to be proven and who coordinates, and proves until the signal. */
export async function joinFleet(options: JoinOptions): Promise<void> {
  const { sizes, token, cache, built = [], log, signal, makeProver, deadlineMs } = options;
  const { coordinator, leaseMs, programs } = await catalogueAt(options);
  const client = new ProverClient(options.coordinator ?? coordinator, { token });
  const wanted = programs.filter(({ name }) => sizes === undefined || sizes.includes(name));
  const name = options.name ?? `${hostname()}-${randomUUID().slice(0, 8)}`;
  const queue = await openQueue(options.queue, { leaseMs });
  log.info({ worker: name, coordinator, sizes: wanted.map((program) => program.name) }, "joined");
  const files = new WorkerFiles({ client, cache, built });
  try {
    await Promise.all([files.discardAbandoned(), removeLeftovers()]);
    await runWorker({ name, queue, client, files, programs: wanted, makeProver, log, signal, leaseMs, deadlineMs });
  } finally {
    await queue.close();
  }
}

async function catalogueAt({ queue: url, log, signal }: JoinOptions): Promise<Catalogue> {
  const queue = await openQueue(url);
  try {
    for (let tries = 0; !signal.aborted; tries++) {
      const catalogue = await queue.catalogue();
      if (catalogue !== undefined) return catalogue;
      if (tries === 0) log.warn("waiting for a coordinator: sheaf prover serve, with the same queue");
      await sleep(1000, signal);
    }
    throw new SheafError("SERVICE_UNREACHABLE", `no coordinator has used the queue`);
  } finally {
    await queue.close();
  }
}
