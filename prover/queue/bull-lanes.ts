import type { Job as BullJob, Queue, Worker } from "bullmq";
import { answered, type BullConnection } from "./bull-connection.ts";
import { jobOf, type LaneData } from "./bull-job.ts";
import { Priorities } from "./bull-priorities.ts";
import { isFinished, MAX_LOST_WORKERS, type JobRequest } from "./job.ts";

/**
 * The queue of a program: BullMQ gives a worker any job of a queue, and a worker proves only what it has keys for. A job
 * that is completed there has been handed in; whether it was accepted stands in its data, which the coordinator alone
 * writes.
 */
export interface Lane {
  readonly queue: Queue<LaneData>;
  readonly worker: Worker<LaneData>;
  /** Of the jobs that wait; the coordinator alone gives them out. */
  priorities?: Priorities;
}

/** Jobs whose priorities are changed in the time that an answer may take. */
const CHUNK = 200;

/** The lanes of a queue's programs. */
export class Lanes {
  readonly #connection: BullConnection;
  readonly #leaseMs: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(connection: BullConnection, leaseMs: number) {
    this.#connection = connection;
    this.#leaseMs = leaseMs;
  }

  /** By program. */
  all(): readonly (readonly [string, Lane])[] {
    return [...this.#lanes];
  }

  /** A program's lane, opened when it is first asked for. */
  of(program: string): Lane {
    const known = this.#lanes.get(program);
    if (known !== undefined) return known;
    const queue = this.#connection.queue<LaneData>(program);
    const worker = this.#connection.worker<LaneData>(program, null, {
      autorun: false,
      lockDuration: this.#leaseMs,
      stalledInterval: this.#leaseMs / 2,
      maxStalledCount: MAX_LOST_WORKERS - 1,
    });
    // Every process of the queue looks for workers that fell silent.
    worker.startStalledCheckTimer().catch(() => undefined);
    const lane = { queue, worker };
    this.#lanes.set(program, lane);
    return lane;
  }

  /** The job of an id, whatever its program is. */
  async find(id: string): Promise<BullJob<LaneData> | undefined> {
    for (const { queue } of this.#lanes.values()) {
      const job = await queue.getJob(id);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  /** Those of these programs for which a job waits, by the age of the oldest. */
  async oldestFirst(programs: readonly string[]): Promise<readonly string[]> {
    if (programs.length === 1) return programs;
    const heads = await Promise.all(
      programs.map(async (program) => {
        const jobs = await this.of(program).queue.getJobs(["waiting", "prioritized", "delayed"], 0, 0, true);
        return { program, age: Math.min(...jobs.map(({ data }) => data.request.order)) };
      }),
    );
    const waiting = heads.filter(({ age }) => age < Infinity);
    return waiting.sort((a, b) => a.age - b.age).map(({ program }) => program);
  }

  /** Forgets a program's oldest finished jobs beyond a number. A job that waits for the judge is not finished. */
  async forgetOldest(program: string, keep: number): Promise<void> {
    const { queue } = this.of(program);
    const surplus = (await queue.getCompletedCount()) - keep;
    if (surplus <= 0) return;
    for (const job of await queue.getJobs(["completed"], 0, surplus - 1, true)) {
      if (isFinished(await jobOf(job, "completed"))) await job.remove();
    }
  }

  /** A priority for a job; those of the jobs that wait make room for it if they must. */
  async priorityOf({ program, order }: JobRequest): Promise<number> {
    const lane = this.of(program);
    const free = lane.priorities?.of(order);
    if (free !== undefined) return free;
    // Jobs that workers have may come back.
    const waiting = await answered(() => lane.queue.getJobs(["prioritized", "delayed", "active"], 0, -1, true));
    const priorities = new Priorities([order, ...waiting.map(({ data }) => data.request.order)]);
    for (let from = 0; from < waiting.length; from += CHUNK) {
      await answered(async () => {
        // One after the other: jobs of the same age stay in their order.
        for (const job of waiting.slice(from, from + CHUNK)) {
          const priority = priorities.of(job.data.request.order)!;
          if (job.priority !== priority) await job.changePriority({ priority });
        }
      });
    }
    lane.priorities = priorities;
    return priorities.of(order)!;
  }
}
