import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { ROOT } from "../../lib/root.ts";
import type { Backend } from "../backends/backend.ts";

const CLI = join(ROOT, "cli/main.ts");
/** Milliseconds before a worker that has ended is started again, and before one is killed that does not end. */
const AGAIN_MS = 2_000;
const PATIENCE_MS = 10_000;

/** How the workers log, on the stderr of the process that runs them. */
export interface FleetLog {
  readonly level: string;
  /** Default: what fits where stderr goes. */
  readonly format?: string;
}

export interface FleetOptions {
  readonly queue: string;
  readonly count: number;
  readonly backend?: Backend | undefined;
  readonly token?: string | undefined;
  readonly log: Logger;
  readonly workersLog: FleetLog;
}

export interface Fleet {
  /** Process ids of the workers that run. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

/**
 * Keeps a number of worker processes running on this machine: one that ends, however it does, is started again. They
 * share the processor's cores.
 */
export function superviseWorkers({ queue, count, backend, token, log, workersLog }: FleetOptions): Fleet {
  const children = new Set<ChildProcess>();
  const threads = Math.max(1, Math.floor(availableParallelism() / Math.max(1, count)));
  let isClosing = false;
  const start = (number: number): void => {
    const args = [CLI, "prover", "worker", "--queue", queue, "--log", workersLog.level];
    if (workersLog.format !== undefined) args.push("--log-format", workersLog.format);
    if (backend !== undefined) args.push("--backend", backend);
    const tokens = token === undefined ? {} : { SHEAF_PROVER_TOKEN: token };
    const env = { SHEAF_THREADS: `${threads}`, ...process.env, ...tokens };
    const flags = ["--disable-warning=ExperimentalWarning", "--disable-warning=DeprecationWarning"];
    // By the channel it notices when this process is killed: then nobody would end it.
    const stdio: StdioOptions = ["ignore", "ignore", "inherit", "ipc"];
    const child = spawn(process.execPath, [...flags, ...args], { env, stdio });
    children.add(child);
    child.on("error", (err) => log.error({ err }, "worker could not be started"));
    child.on("close", (code, signal) => {
      children.delete(child);
      if (isClosing) return;
      log.error({ number, code, signal }, "worker ended; it is started again");
      setTimeout(() => isClosing || start(number), AGAIN_MS).unref();
    });
  };
  for (let number = 1; number <= count; number++) start(number);
  return {
    get pids() {
      return [...children].flatMap(({ pid }) => pid ?? []);
    },
    async close() {
      isClosing = true;
      await Promise.all([...children].map(ended));
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const closed = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await closed;
  clearTimeout(timer);
}
