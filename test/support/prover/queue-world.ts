import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Job, type JobRequest, type ProofResult } from "../../../prover/queue/job.ts";
import { openQueue } from "../../../prover/queue/open-queue.ts";
import type { JobQueue, Judge, Lease, QueueOptions } from "../../../prover/queue/queue.ts";
import { until } from "../until.ts";
import { postgresServer, redisServer, type QueueServer } from "./queue-servers.ts";

/** Milliseconds; short, so that a silent worker is noticed soon. */
export const LEASE = 1000;

/** A place for a queue; SQLite's server is its file. */
const SERVERS: Readonly<Record<string, () => Promise<QueueServer | undefined>>> = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    const idle = async (): Promise<void> => undefined;
    const remove = (): Promise<void> => rm(folder, { recursive: true });
    return { url: `sqlite:${join(folder, "jobs", "queue.db")}`, start: idle, stop: idle, remove };
  },
  Redis: redisServer,
  PostgreSQL: postgresServer,
};

/** Runs tests on each kind of queue. Each test has a queue of its own: what another has left behind is not in the way. */
export function describeQueues(title: string, tests: (world: QueueWorld) => void): void {
  for (const [name, serve] of Object.entries(SERVERS)) {
    describe(`${title} on ${name}`, () => {
      const world = new QueueWorld(name);
      before(async function () {
        const server = await serve();
        if (server === undefined) {
          if (process.env["CI"] === "true") throw new Error(`${name} is not installed`);
          console.log(`    SKIPPED: ${name} is not installed`);
          return this.skip();
        }
        world.server = server;
      });
      beforeEach(() => world.begin());
      afterEach(() => world.queue.close());
      after(() => world.server?.remove());
      tests(world);
    });
  }
}

export class QueueWorld {
  readonly name: string;
  server!: QueueServer;
  queue!: JobQueue;
  programs!: readonly [string, string];
  #serial = 0;

  constructor(name: string) {
    this.name = name;
  }

  async begin(): Promise<void> {
    this.programs = [`small-${++this.#serial}`, `large-${this.#serial}`];
    this.queue = await this.open();
  }

  open(options: QueueOptions = {}): Promise<JobQueue> {
    return openQueue(this.server.url, { programs: this.programs, leaseMs: LEASE, ...options });
  }

  /** Closes the queue, as a coordinator that ends does, and opens it again. */
  async reopen(options: QueueOptions = {}): Promise<void> {
    await this.queue.close();
    this.queue = await this.open(options);
  }

  request(order = 50, program = this.programs[0]): JobRequest {
    return {
      id: `${this.name}-${String(++this.#serial).padStart(63 - this.name.length, "0")}`,
      program,
      order,
      input: { kind: "inputs", hash: `${this.#serial}`.padStart(64, "f") },
      publicSignals: ["3", "5"],
    };
  }

  take(worker: string, programs: readonly string[] = this.programs): Promise<Lease> {
    return until(() => this.queue.lease(worker, programs), `a job for ${worker}`);
  }

  /** Waits until a job is in a state. */
  stateOf(id: string, state: Job["state"]): Promise<Job> {
    return until(async () => {
      const job = await this.queue.get(id);
      return job?.state === state ? job : undefined;
    }, `${id} to be ${state}`);
  }
}

/** A judge that takes what honest workers hand in, and tells nobody. */
export const HONEST: Judge = {
  verify: async (_, { backend }) => backend === "honest",
  settled: () => undefined,
  failed: () => undefined,
};

export function resultOf(worker: string, backend = "honest"): ProofResult {
  const point: [string, string, string] = ["1", "2", "1"];
  const proof = { protocol: "groth16", curve: "bn128", pi_a: point, pi_c: ["4", "5", "1"] } as const;
  const pi_b: [[string, string], [string, string], [string, string]] = [
    ["6", "7"],
    ["8", "9"],
    ["1", "0"],
  ];
  const timings = { witness: 1, prove: 2, verify: 3 };
  return { proof: { ...proof, pi_b } as never, publicSignals: ["3", "5"], timings, worker, backend };
}
