import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job as BullJob, JobType, Queue, Worker } from "bullmq";
import type { Groth16Proof } from "../prover.ts";
import { answered, connectBull, PATIENCE_MS, type BullConnection } from "./bull-connection.ts";
import { isDecided, jobOf, type LaneData, type Offer } from "./bull-job.ts";
import { Lanes } from "./bull-lanes.ts";
import {
  FAILURE_PAUSE_MS,
  hasGiven,
  isFinished,
  LEASE_MS,
  MAX_FAILURES,
  MAX_LOST_WORKERS,
  REFUSAL_MS,
  type Job,
  type JobRequest,
} from "./job.ts";
import {
  JUDGES,
  type Catalogue,
  type JobQueue,
  type Judge,
  type Lease,
  type Load,
  type QueueOptions,
  type Verdict,
} from "./queue.ts";

const ALL: JobType[] = ["active", "waiting", "prioritized", "delayed", "completed", "failed"];
/** Milliseconds, at least, after which another judge takes a result that a judge which died was deciding on. */
const JUDGE_LOCK_MS = 10_000;
/** Judges that may die over a result: more than ever will. PostgreSQL's back end keeps the number in 32 bits. */
const MAX_JUDGE_DEATHS = 1_000_000;

/** BullMQ, on Redis or PostgreSQL. `programs` must be given to see jobs; to lease them, `lease` names them. */
export async function bullQueue(
  url: string,
  programs: readonly string[] = [],
  { leaseMs = LEASE_MS, keep = 1000 }: QueueOptions = {},
): Promise<JobQueue> {
  const queue = new BullQueue(connectBull(url), programs, leaseMs, keep);
  await queue.ping().catch(async (error: unknown) => {
    void queue.close().catch(() => undefined);
    throw error;
  });
  return queue;
}

class BullQueue implements JobQueue {
  readonly #connection: BullConnection;
  readonly #leaseMs: number;
  readonly #keep: number;
  readonly #lanes: Lanes;
  readonly #offers: Queue<Offer>;
  readonly #catalogue: Queue<Catalogue>;
  #judge?: Worker<Offer>;
  #writing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(connection: BullConnection, programs: readonly string[], leaseMs: number, keep: number) {
    this.#connection = connection;
    this.#leaseMs = leaseMs;
    this.#keep = keep;
    this.#lanes = new Lanes(connection, leaseMs);
    this.#offers = connection.queue("offers");
    this.#catalogue = connection.queue("catalogue");
    for (const program of programs) this.#lanes.of(program);
  }

  submit(request: JobRequest, refused?: Groth16Proof): Promise<Job> {
    return this.#inTurn(async () => {
      const priority = await this.#lanes.priorityOf(request);
      return answered(() => this.#add(request, priority, refused));
    });
  }

  get(id: string): Promise<Job | undefined> {
    return answered(async () => {
      const job = await this.#lanes.find(id);
      return job && jobOf(job);
    });
  }

  list(limit: number): Promise<readonly Job[]> {
    return answered(async () => {
      const lanes = this.#lanes.all().map(([, { queue }]) => queue.getJobs(ALL, 0, limit - 1));
      const jobs = (await Promise.all(lanes)).flat();
      jobs.sort((a, b) => b.timestamp - a.timestamp);
      return Promise.all(jobs.slice(0, limit).map((job) => jobOf(job)));
    });
  }

  load(): Promise<Readonly<Record<string, Load>>> {
    return answered(async () => {
      const entries = this.#lanes.all().map(async ([program, { queue }]) => {
        const { waiting = 0, prioritized = 0, delayed = 0, active = 0 } = await queue.getJobCounts(...ALL);
        return [program, { queued: waiting + prioritized + delayed, proving: active }] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    });
  }

  /** A cancelled job stays in its lane until a worker reaches it and passes it by. */
  cancel(id: string): Promise<Job | undefined> {
    return this.#exclusively(async () => {
      const job = await this.#lanes.find(id);
      if (job === undefined) return undefined;
      if (!isFinished(await jobOf(job))) await job.updateData({ ...job.data, cancelledAt: Date.now() });
      await this.#lanes.forgetOldest(job.data.request.program, this.#keep);
      return jobOf(job);
    });
  }

  lease(worker: string, programs: readonly string[]): Promise<Lease | undefined> {
    return answered(async () => {
      for (const program of await this.#lanes.oldestFirst(programs)) {
        for (;;) {
          const token = randomUUID();
          const job = await this.#lanes.of(program).worker.getNextJob(token, { block: false });
          if (job === undefined) break;
          if (isDecided(job.data)) await job.moveToCompleted(null, token, false);
          else if (job.deferredFailure !== undefined) await job.moveToFailed(lost(), token, false);
          else if ((job.data.refused[worker] ?? 0) > Date.now()) {
            await job.moveToDelayed(Date.now() + 500, token);
            break;
          } else return this.#leaseOf(await jobOf(job, "active"), job, token, worker);
        }
      }
      return undefined;
    });
  }

  async judge(judge: Judge): Promise<void> {
    const settle = ({ data }: BullJob<Offer>): Promise<void> => this.#settle(judge, data);
    const lockDuration = Math.max(this.#leaseMs, JUDGE_LOCK_MS);
    this.#judge = this.#connection.worker("offers", settle, {
      ...{ concurrency: JUDGES, lockDuration, stalledInterval: lockDuration / 2 },
      // However often the coordinator dies over it: a result that is dropped would leave its job undecided.
      maxStalledCount: MAX_JUDGE_DEATHS,
    });
    await this.#judge.waitUntilReady();
  }

  publish(catalogue: Catalogue): Promise<void> {
    return answered(async () => {
      const job = await this.#catalogue.getJob("catalogue");
      if (job === undefined) await this.#catalogue.add("catalogue", catalogue, { jobId: "catalogue" });
      else await job.updateData(catalogue);
    });
  }

  catalogue(): Promise<Catalogue | undefined> {
    return answered(async () => (await this.#catalogue.getJob("catalogue"))?.data);
  }

  ping(): Promise<void> {
    return answered(async () => {
      await this.#catalogue.getJobCounts("waiting");
    });
  }

  risks(): Promise<readonly string[]> {
    return answered(() => this.#connection.risks(this.#catalogue));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const parts = [
      this.#judge,
      ...this.#lanes.all().flatMap(([, { worker, queue }]) => [worker, queue]),
      this.#offers,
      this.#catalogue,
    ];
    const goodbye = Promise.allSettled(parts.map((part) => part?.close())).then(() => this.#connection.close());
    // A server that is gone does not answer it.
    await Promise.race([goodbye, sleep(PATIENCE_MS)]);
  }

  async #add(request: JobRequest, priority: number, wrong: Groth16Proof | undefined): Promise<Job> {
    const known = await this.#lanes.find(request.id);
    const before = known && (await jobOf(known));
    const isRefused = before !== undefined && hasGiven(before, wrong);
    const startsAgain = isRefused || before?.state === "failed" || before?.state === "cancelled";
    if (before !== undefined && !startsAgain) return before;
    if (known !== undefined && (await known.isActive())) {
      // Its worker has not let go of it yet: whoever asks will ask again.
      if (isRefused) return before;
      // Cancelled, but its worker has not noticed yet: it may as well go on.
      const { request, refused, failures } = known.data;
      await known.updateData({ request, refused, failures });
      return jobOf(known);
    }
    await known?.remove();
    const options = { jobId: request.id, priority, removeOnFail: { count: this.#keep } };
    const refused = isRefused ? { [before.result!.worker]: Date.now() + REFUSAL_MS } : {};
    const data = { request, refused, failures: 0 };
    return jobOf(await this.#lanes.of(request.program).queue.add("proof", data, options));
  }

  #leaseOf(job: Job, bull: BullJob<LaneData>, token: string, worker: string): Lease {
    const own = async (): Promise<boolean> => {
      const extended = await bull.extendLock(token, this.#leaseMs).catch((error: Error) => {
        if (/lock|missing/i.test(error.message)) return 0;
        throw error;
      });
      return Number(extended) === 1;
    };
    const { id, attempts: attempt, submittedAt } = job;
    const handIn = (offer: Pick<Offer, "result" | "error">): Promise<void> =>
      answered(async () => {
        // Handing in twice, as after a broken connection, is handing in once.
        const jobId = `${id}-${token}`;
        const retries = { attempts: 1000, backoff: { type: "fixed", delay: 1000 } };
        const options = { jobId, ...retries, removeOnComplete: { count: 1000 } };
        await this.#offers.add("offer", { id, attempt, submittedAt, worker, ...offer }, options);
        // If it is lost by now, the judge finds that out.
        if (await own()) await bull.moveToCompleted(null, token, false);
      });
    return {
      job,
      beat: (progress) =>
        answered(async () => {
          if (!(await own())) return false;
          await bull.updateProgress({ ...progress });
          const now = await this.#lanes.of(job.program).queue.getJob(job.id);
          return now !== undefined && !isDecided(now.data);
        }),
      offer: (result) => handIn({ result }),
      fail: (error) => handIn({ error }),
      release: () =>
        answered(async () => {
          if (await own()) await bull.moveToWait(token);
        }),
    };
  }

  async #settle(judge: Judge, { id, attempt, submittedAt, worker, result, error }: Offer): Promise<void> {
    // Queued: its worker was silent for too long, as all are while the server is away, but nobody has taken it since.
    const isWaiting = (job: Job): boolean =>
      job.attempts === attempt && job.submittedAt === submittedAt && !isFinished(job);
    const before = await this.#lanes.find(id);
    if (before === undefined) return;
    const candidate = await jobOf(before);
    const isRight = result !== undefined && isWaiting(candidate) && (await judge.verify(candidate, result));
    const verdict = await this.#exclusively(async (): Promise<Verdict> => {
      const bull = await this.#lanes.find(id);
      if (bull === undefined || !isWaiting(await jobOf(bull))) return "late";
      const { data } = bull;
      if (isRight) {
        await bull.updateData({ ...data, accepted: { result: result!, at: Date.now() } });
        return "accepted";
      }
      const failures = data.failures + (error ? 1 : 0);
      const until = Date.now() + (error ? FAILURE_PAUSE_MS : REFUSAL_MS);
      const final = error && failures >= MAX_FAILURES ? { error: { ...error, at: Date.now() } } : {};
      await bull.updateData({ ...data, failures, refused: { ...data.refused, [worker]: until }, ...final });
      return "wrong";
    });
    if (verdict === "wrong") await this.#again(id, attempt);
    const after = await jobOf((await this.#lanes.find(id)) ?? before);
    if (result !== undefined) judge.settled(verdict, after, result);
    else if (verdict !== "late") judge.failed(after, error!, worker);
    await this.#exclusively(() => this.#lanes.forgetOldest(after.program, this.#keep)).catch(() => undefined); // next time
  }

  /** Puts a job back whose result was wrong, as soon as its worker has let go of it. */
  async #again(id: string, attempt: number): Promise<void> {
    for (;;) {
      const bull = await this.#lanes.find(id);
      if (bull === undefined || bull.attemptsStarted !== attempt || bull.data.error !== undefined) return;
      const state = await bull.getState();
      if (state === "completed") return bull.retry("completed");
      if (state !== "active") return;
      await sleep(50);
    }
  }

  /** Reads and writes of a job's data one after the other: this process, the coordinator, alone writes it. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(() => answered(work));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(work);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }
}

const lost = (): Error => new Error(`${MAX_LOST_WORKERS} workers fell silent over this job`);
