import { Readable } from "node:stream";
import type { Logger } from "pino";
import { SheafError } from "../../protocol/errors.ts";
import { publicProgram, type LocalProgram } from "../program.ts";
import { isFinished, type Job, type JobError, type JobRequest, type ProofResult } from "../queue/job.ts";
import type { JobQueue, Judge, Verdict } from "../queue/queue.ts";
import { verifyProof } from "../snarkjs.ts";
import { Inputs } from "./inputs.ts";
import { ServiceMetrics } from "./metrics.ts";
import { batchStatement, inputText, programOf, publicSignalsOf, requestOf, type Statement } from "./requests.ts";
import type { Submission, submission } from "./schemas.ts";
import { WorkerList } from "./worker-list.ts";
import type { z } from "zod";

export type { Submission };

export interface CoordinatorOptions {
  readonly queue: JobQueue;
  readonly programs: readonly LocalProgram[];
  /** Folder for what was submitted, until it is proven. */
  readonly data: string;
  readonly log: Logger;
  /** Jobs that may wait at a time. */
  readonly maxQueued: number;
}

/** Takes jobs in, decides on results, and serves the files that workers need. There is one for a queue. */
export class Coordinator implements Judge {
  readonly queue: JobQueue;
  readonly programs: readonly LocalProgram[];
  readonly workers = new WorkerList();
  readonly metrics: ServiceMetrics;
  readonly #inputs: Inputs;
  readonly #log: Logger;
  readonly #maxQueued: number;

  constructor({ queue, programs, data, log, maxQueued }: CoordinatorOptions) {
    this.queue = queue;
    this.programs = programs;
    this.metrics = new ServiceMetrics(queue, programs, () => this.workers.list().length);
    this.#inputs = new Inputs(data);
    this.#log = log;
    this.#maxQueued = maxQueued;
  }

  /** Starts to decide on results, and tells workers where the files are. */
  async start(url: string, leaseMs: number): Promise<void> {
    await this.queue.publish({ coordinator: url, leaseMs, programs: this.programs.map(publicProgram) });
    await this.queue.judge(this);
  }

  /**
   * Asks for a proof. The same request gives the same job.
   *
   * @throws SheafError PROGRAM_UNKNOWN, FIELD_INVALID, the state machine's codes, SERVICE_BUSY, FILE_UNWRITABLE,
   * QUEUE_UNREACHABLE
   */
  async submit(body: z.output<typeof submission>): Promise<Job> {
    const { program, input, publicSignals, order } = this.#statementOf(body);
    await this.#requireRoom();
    const hash = await this.#inputs.put(Readable.from([Buffer.from(input)]), Infinity);
    return this.#enqueue(hash, async () => requestOf(program, { kind: "inputs", hash }, publicSignals, order));
  }

  /** As `submit`, for the bytes of a `.wtns` file. Throws also WITNESS_MALFORMED, BODY_TOO_LARGE. */
  async submitWitness(body: Readable, wanted: string, order: number | undefined, limit: number): Promise<Job> {
    const program = programOf(this.programs, wanted);
    await this.#requireRoom();
    const hash = await this.#inputs.put(body, limit);
    return this.#enqueue(hash, async () => {
      const publicSignals = await publicSignalsOf(this.#inputs.path(hash), program);
      return requestOf(program, { kind: "witness", hash }, publicSignals, order ?? now());
    });
  }

  /** Throws `JOB_UNKNOWN`. */
  async job(id: string): Promise<Job> {
    const job = await this.queue.get(id);
    if (job === undefined) throw new SheafError("JOB_UNKNOWN", `there is no job ${id}`);
    return job;
  }

  /** Throws `JOB_UNKNOWN`. */
  async cancel(id: string): Promise<Job> {
    const job = await this.queue.cancel(id);
    if (job === undefined) throw new SheafError("JOB_UNKNOWN", `there is no job ${id}`);
    await this.#forgetInput(job);
    return job;
  }

  /** Path of a program's file or of a job's input. Throws `ARTIFACT_UNKNOWN`. */
  async file(sha256: string): Promise<string> {
    for (const { files, paths } of this.programs) {
      for (const part of ["wasm", "zkey", "plan"] as const) if (files[part]?.sha256 === sha256) return paths[part]!;
    }
    if (await this.#inputs.has(sha256)) return this.#inputs.path(sha256);
    throw new SheafError("ARTIFACT_UNKNOWN", `there is no file with the SHA-256 ${sha256}`);
  }

  /** A right proof, and of what was asked for: one of another statement is as good as none. */
  async verify(job: Job, result: ProofResult): Promise<boolean> {
    const program = this.programs.find(({ id }) => id === job.program);
    if (program === undefined) return false;
    if (JSON.stringify(result.publicSignals) !== JSON.stringify(job.publicSignals)) return false;
    return verifyProof(program.verificationKey, result);
  }

  settled(verdict: Verdict, job: Job, result: ProofResult): void {
    const { worker, backend, timings } = result;
    this.metrics.settled(verdict, job, result);
    this.workers.count(worker, verdict);
    const level = verdict === "accepted" ? "info" : "warn";
    this.#log[level]({ job: job.id, program: job.program, worker, backend, timings, verdict }, `result ${verdict}`);
    void this.#forgetInput(job);
  }

  failed(job: Job, error: JobError, worker: string): void {
    this.metrics.failed(job, error);
    this.workers.count(worker, "failed");
    this.#log.warn({ job: job.id, program: job.program, worker, error, state: job.state }, "attempt failed");
    void this.#forgetInput(job);
  }

  #statementOf(body: z.output<typeof submission>): Statement {
    if (body.kind === "batch") return batchStatement(this.programs, body.batch);
    const { inputs, publicSignals, order = now() } = body;
    const program = programOf(this.programs, body.program);
    return { program, input: inputText(inputs), publicSignals: publicSignals.map((text) => `${BigInt(text)}`), order };
  }

  async #enqueue(hash: string, describe: () => Promise<JobRequest>): Promise<Job> {
    const request = await describe().catch(async (error: unknown) => {
      await this.#inputs.forget(hash);
      throw error;
    });
    await this.#inputs.keepFor(hash, request.id);
    const job = await this.queue.submit(request);
    if (isFinished(job)) await this.#forgetInput(job);
    this.#log.info({ job: job.id, program: job.program, order: job.order, state: job.state }, "submitted");
    return job;
  }

  async #requireRoom(): Promise<void> {
    const queued = Object.values(await this.queue.load()).reduce((sum, load) => sum + load.queued, 0);
    if (queued < this.#maxQueued) return;
    throw new SheafError("SERVICE_BUSY", `${queued} jobs wait already; at most ${this.#maxQueued} may`);
  }

  async #forgetInput(job: Job): Promise<void> {
    if (!isFinished(job)) return;
    const { id, input } = job;
    await this.#inputs.forget(input.hash, id).catch((error: unknown) => this.#log.warn({ error }, "input not removed"));
  }
}

const now = (): number => Math.floor(Date.now() / 1000);
