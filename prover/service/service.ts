import { resolve } from "node:path";
import { pino, type Logger } from "pino";
import { listenOn } from "../../http/listening.ts";
import type { LocalProgram } from "../artifacts/program.ts";
import { endCurveWorkers } from "../backends/curve-workers.ts";
import { ensureNative } from "../native/build.ts";
import { LEASE_MS } from "../queue/job.ts";
import { openQueue } from "../queue/open-queue.ts";
import type { QueueOptions } from "../queue/queue.ts";
import { Coordinator } from "./coordinator.ts";
import type { Health } from "./schemas.ts";
import { DEFAULT_LIMITS, makeServer, type ServerLimits } from "./server.ts";

export interface ServiceOptions extends Partial<ServerLimits>, QueueOptions {
  readonly programs: readonly LocalProgram[];
  /** Names of the batch sizes that there should be keys for, and are not: `/health` names them. */
  readonly withoutKeys?: readonly string[];
  /** Folder for submitted inputs, and for the embedded queue. */
  readonly data: string;
  /** Default: the embedded queue in `data`. */
  readonly queue?: string | undefined;
  readonly host?: string;
  /** 0 for any free one. */
  readonly port?: number;
  /** What workers reach this service by, if that is not its host and port. */
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly maxQueued?: number;
  readonly log?: Logger;
}

export interface Service {
  readonly url: string;
  /** The queue's URL, for workers. */
  readonly queue: string;
  readonly coordinator: Coordinator;
  close(): Promise<void>;
}

/**
 * Starts the prover service's coordinator: the HTTP server, and the judge of results. It proves nothing itself.
 *
 * @throws SheafError QUEUE_URL_INVALID, QUEUE_UNREACHABLE, PORT_TAKEN, ADDRESS_UNAVAILABLE
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { programs, data, host = "127.0.0.1", port = 8787, maxQueued = 10_000, token } = options;
  const log = options.log ?? pino({ level: "silent" });
  const queueUrl = options.queue ?? `sqlite:${resolve(data, "queue.db")}`;
  const { leaseMs = LEASE_MS, keep } = options;
  const queue = await openQueue(queueUrl, { programs: programs.map(({ id }) => id), leaseMs, keep });
  try {
    const coordinator = new Coordinator({ queue, programs, data, log, maxQueued });
    await coordinator.prepare();
    const checkHealth = healthOf(coordinator, options.withoutKeys ?? []);
    const server = await makeServer(coordinator, { ...DEFAULT_LIMITS, ...options, token, log, checkHealth });
    const address = await listenOn(server, host, port);
    const url = options.url ?? address;
    await coordinator.start(url, leaseMs);
    return {
      url,
      queue: queueUrl,
      coordinator,
      async close() {
        await server.close();
        await coordinator.close();
        await queue.close();
        await endCurveWorkers();
      },
    };
  } catch (error) {
    await queue.close();
    throw error;
  }
}

/** What is missing for proofs: keys, the native build, workers, the queue. */
function healthOf(coordinator: Coordinator, withoutKeys: readonly string[]): () => Promise<Health> {
  const native = ensureNative("sheaf-prover").then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message.split("\n")[0]! : String(error)),
  );
  return async () => {
    const missing = withoutKeys.map((name) => ({ what: `keys ${name}`, why: "there is no key: ./sheaf setup" }));
    const isBuilt = await Promise.race([native, Promise.resolve("it is being built")]);
    if (isBuilt !== undefined) missing.push({ what: "native build", why: isBuilt });
    const workers = coordinator.workers.list().length;
    if (workers === 0) missing.push({ what: "workers", why: "none has reported in the last minute" });
    const queueError = await coordinator.queue.ping().then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
    const risks = queueError === undefined ? await coordinator.queue.risks().catch(() => []) : [queueError];
    for (const why of risks) missing.push({ what: "queue", why });
    const isDown = queueError !== undefined || coordinator.programs.length === 0;
    return {
      status: isDown ? "down" : missing.length > 0 ? "degraded" : "ok",
      missing,
      programs: coordinator.programs.map(({ id }) => id),
      workers,
    };
  };
}
