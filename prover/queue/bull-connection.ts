import {
  createPostgresBackend,
  PostgresConnection,
  PostgresQueueBackend,
  Queue,
  Worker,
  type BackendFactory,
  type PostgresConnectionOptions,
  type Processor,
  type WorkerOptions,
} from "bullmq";
import { within } from "../../lib/within.ts";
import { SheafError } from "../../protocol/errors.ts";

/** Queues and workers of BullMQ at one server. */
export interface BullConnection {
  queue<Data>(name: string): Queue<Data>;
  /** Without a processor it waits for no jobs: its user asks for them. */
  worker<Data>(
    name: string,
    processor: Processor<Data> | null,
    options: Omit<WorkerOptions, "connection">,
  ): Worker<Data>;
  /** Settings of the server by which it may lose what it holds, in words. */
  risks(queue: Queue): Promise<readonly string[]>;
  /** Ends what queues and workers share. They must be closed by then. */
  close(): Promise<void>;
}

/** Milliseconds after which a server that does not answer counts as gone. */
export const PATIENCE_MS = 10_000;

/** Prefix of all our names in a Redis, and the schema's name in a PostgreSQL database. */
const NAMESPACE = "sheaf";
/** Connections to PostgreSQL, at most, that a process uses besides the two or more of its judge. */
export const POOL_SIZE = 4;

/** BullMQ on Redis, or on PostgreSQL by its own back end, whose tables are made or brought up to date first. */
export function connectBull(url: string): BullConnection {
  return url.startsWith("redis") ? connectRedis(url) : connectPostgres(url);
}

function connectRedis(url: string): BullConnection {
  // Without a limit to retries: a command waits for a server that restarts. Whoever waits for it has a limit.
  // After a failover the old server takes no writes; a connection that was kept would lead to it for ever.
  const reconnectOnError = ({ message }: Error): 2 | false => (message.startsWith("READONLY") ? 2 : false);
  const shared = { connection: { url, maxRetriesPerRequest: null, reconnectOnError }, prefix: NAMESPACE };
  return {
    queue: <Data>(name: string) => quiet(new Queue<Data>(name, shared)),
    worker: <Data>(name: string, processor: Processor<Data> | null, options: object) =>
      quiet(new Worker<Data>(name, processor, { ...shared, ...options })),
    risks: async (queue) => redisRisks(await (await queue.backend.client).info()),
    close: async () => undefined,
  };
}

/**
 * All queues of a process share one pool. By itself BullMQ gives each a pool, and PostgreSQL, which starts a process for
 * each connection and has each learn BullMQ's functions anew, allows a hundred. A worker that waits for jobs has
 * connections of its own: it listens.
 */
function connectPostgres(url: string): BullConnection {
  const connection = { connectionString: url, schema: NAMESPACE, max: POOL_SIZE, migrate: true };
  const pool = new PostgresConnection(connection);
  const onPool: BackendFactory<PostgresQueueBackend, PostgresConnectionOptions> = (name, options) =>
    new PostgresQueueBackend(pool, name, options, false);
  return {
    queue: (name) => quiet(new Queue(name, { connection }, onPool)) as never,
    worker: (name, processor, options) => {
      const backend = processor === null ? onPool : createPostgresBackend;
      return quiet(new Worker(name, processor as Processor | null, { connection, ...options }, backend)) as never;
    },
    risks: async () => [],
    close: () => pool.close(),
  };
}

/** @param info what Redis' `INFO` says */
function redisRisks(info: string): readonly string[] {
  const valueOf = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1];
  const policy = valueOf("maxmemory_policy");
  const evicts = policy !== undefined && policy !== "noeviction" && valueOf("maxmemory") !== "0";
  return [
    ...(evicts
      ? [`Redis drops jobs when its memory is full: set maxmemory-policy to noeviction, it is ${policy}`]
      : []),
    ...(valueOf("aof_enabled") === "0" ? ["Redis loses jobs when it restarts: set appendonly to yes"] : []),
  ];
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
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  const late = (): Error => new Error(`no answer within ${PATIENCE_MS / 1000} s`);
  try {
    return await within(PATIENCE_MS, work, late);
  } catch (error) {
    throw unreachable(error);
  }
}
