import { setTimeout as sleep } from "node:timers/promises";
import { createPostgresBackend, Queue, Worker, type Processor, type WorkerOptions } from "bullmq";
import { SheafError } from "../../protocol/errors.ts";

/** Queues and workers of BullMQ at one server. */
export interface BullConnection {
  queue<Data>(name: string): Queue<Data>;
  worker<Data>(
    name: string,
    processor: Processor<Data> | null,
    options: Omit<WorkerOptions, "connection">,
  ): Worker<Data>;
}

/** Milliseconds after which a server that does not answer counts as gone. */
export const PATIENCE_MS = 10_000;

/** Prefix of all our names in a Redis, and the schema's name in a PostgreSQL database. */
const NAMESPACE = "sheaf";

/** BullMQ on Redis, or on PostgreSQL by its own back end, whose tables are made or brought up to date first. */
export function connectBull(url: string): BullConnection {
  if (url.startsWith("redis")) {
    // Without a limit to retries: a command waits for a server that restarts. Who waits for it has a limit.
    const shared = { connection: { url, maxRetriesPerRequest: null }, prefix: NAMESPACE };
    return {
      queue: <Data>(name: string) => quiet(new Queue<Data>(name, shared)),
      worker: <Data>(name: string, processor: Processor<Data> | null, options: object) =>
        quiet(new Worker<Data>(name, processor, { ...shared, ...options })),
    };
  }
  const shared = { connection: { connectionString: url, schema: NAMESPACE, max: 4, migrate: true } };
  return {
    queue: (name) => quiet(new Queue(name, shared, createPostgresBackend)) as never,
    worker: (name, processor, options) =>
      quiet(new Worker(name, processor as Processor | null, { ...shared, ...options }, createPostgresBackend)) as never,
  };
}

/** Lost connections are reported as events too; without a listener they would end the process. */
function quiet<T extends { on(event: "error", listener: () => void): unknown }>(emitter: T): T {
  emitter.on("error", () => undefined);
  return emitter;
}

function unreachable(error: unknown): SheafError {
  if (error instanceof SheafError) return error;
  const reason = error instanceof Error ? error.message || String((error as { code?: string }).code) : String(error);
  return new SheafError("QUEUE_UNREACHABLE", `the queue's server: ${reason}`, { cause: error });
}

/** Runs work that must be done, or refused, in `PATIENCE_MS`. Throws `QUEUE_UNREACHABLE`. */
export async function within<T>(work: () => Promise<T>): Promise<T> {
  const patience = new AbortController();
  const timeout = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).then(
    () => Promise.reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work(), timeout]);
  } catch (error) {
    throw unreachable(error);
  } finally {
    patience.abort();
  }
}
