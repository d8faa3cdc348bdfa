import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { sleep } from "../../lib/sleep.ts";
import { Turns } from "../../lib/turns.ts";
import { SheafError } from "../../protocol/errors.ts";
import { inSlices, type Pauses } from "../../protocol/slices.ts";
import { publicProgram, type LocalProgram } from "../artifacts/program.ts";
import { verifyProof } from "../backends/snarkjs.ts";
import type { Groth16Proof } from "../prover.ts";
import { hasGiven, isFinished, type Job, type JobError, type JobRequest, type ProofResult } from "../queue/job.ts";
import type { Catalogue, JobQueue, Judge, Verdict } from "../queue/queue.ts";
import type { Draft } from "./blobs.ts";
import { piecesOf } from "./body.ts";
import { Inputs } from "./inputs.ts";
import { ServiceMetrics } from "./metrics.ts";
import { programOf, publicSignalsOf, requestOf, statementSteps, type Statement } from "./requests.ts";
import { proof, type Submission } from "./schemas.ts";
import { Submissions, type ReadSubmission } from "./submissions.ts";
import { WorkerList } from "./worker-list.ts";

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

const PAUSES: Pauses = { elapsed: () => performance.now(), pause: (milliseconds) => sleep(milliseconds) };

/** Milliseconds between two looks at what workers are told: a queue can be emptied, or be another server's from now on. */
const TOLD_MS = 5_000;

/** Takes jobs in, decides on results, and serves the files that workers need. There is one for a queue. */
export class Coordinator implements Judge {
  readonly queue: JobQueue;
  readonly programs: readonly LocalProgram[];
  readonly workers = new WorkerList();
  readonly metrics: ServiceMetrics;
  readonly #inputs: Inputs;
  readonly #submissions = new Submissions();
  /** An input is kept and its job submitted, or the input of a finished job deleted: one at a time. */
  readonly #turns = new Turns();
  readonly #log: Logger;
  readonly #maxQueued: number;
  readonly #end = new AbortController();

  constructor({ queue, programs, data, log, maxQueued }: CoordinatorOptions) {
    this.queue = queue;
    this.programs = programs;
    this.metrics = new ServiceMetrics(queue, programs, () => this.workers.list().length);
    this.#inputs = new Inputs(data);
    this.#log = log;
    this.#maxQueued = maxQueued;
  }

  /** Deletes uploads that a coordinator before this one did not bring to their end. None may be under way. */
  async prepare(): Promise<void> {
    await this.#inputs.discardAbandoned();
  }

  /** Starts to decide on results, and tells workers where the files are. */
  async start(url: string, leaseMs: number): Promise<void> {
    const catalogue = { coordinator: url, leaseMs, programs: this.programs.map(publicProgram) };
    await this.queue.publish(catalogue);
    await this.queue.judge(this);
    void this.#forgetInputs();
    void this.#keepTelling(catalogue);
  }

  /** Ends what goes on by itself. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#submissions.close();
  }

  /**
   * Asks for a proof, as the bytes of a JSON body say, which are handed over for good. The same request gives the same job.
   *
   * @throws SheafError JSON_MALFORMED, PROGRAM_UNKNOWN, FIELD_INVALID, the state machine's codes, SERVICE_BUSY,
   * FILE_UNWRITABLE, QUEUE_UNREACHABLE
   */
  async submit(body: Uint8Array<ArrayBuffer>): Promise<Job> {
    await this.#requireRoom();
    const submission = await this.#submissions.read(body);
    const refused = submission.kind === "inputs" ? submission.refused : undefined;
    const { program, input, publicSignals, order } = await this.#statementOf(submission);
    const draft = await this.#inputs.receive(Readable.from(piecesOf(input)), Infinity);
    const describe = async (): Promise<JobRequest> =>
      requestOf(program, { kind: "inputs", hash: draft.sha256 }, publicSignals, order);
    return this.#enqueue(draft, describe, refused);
  }

  /** As `submit`, for the bytes of a `.wtns` file. Throws also WITNESS_MALFORMED, BODY_TOO_LARGE. */
  async submitWitness(body: Readable, wanted: string, order: number | undefined, limit: number): Promise<Job> {
    const program = programOf(this.programs, wanted);
    await this.#requireRoom();
    const draft = await this.#inputs.receive(body, limit);
    return this.#enqueue(draft, async () => {
      const publicSignals = await publicSignalsOf(draft.path, program);
      return requestOf(program, { kind: "witness", hash: draft.sha256 }, publicSignals, order ?? now());
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
    await this.#forgetInput(job.input.hash, id);
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
    if (program === undefined || !proof.safeParse(result).success) return false;
    if (JSON.stringify(result.publicSignals) !== JSON.stringify(job.publicSignals)) return false;
    return verifyProof(program.verificationKey, result);
  }

  settled(verdict: Verdict, job: Job, result: ProofResult): void {
    const { worker, backend, timings } = result;
    this.metrics.settled(verdict, job, result);
    this.workers.count(worker, verdict);
    const level = verdict === "accepted" ? "info" : "warn";
    this.#log[level]({ job: job.id, program: job.program, worker, backend, timings, verdict }, `result ${verdict}`);
    if (isFinished(job)) void this.#forgetInput(job.input.hash, job.id);
  }

  failed(job: Job, error: JobError, worker: string): void {
    this.metrics.failed(job, error);
    this.workers.count(worker, "failed");
    this.#log.warn({ job: job.id, program: job.program, worker, error, state: job.state }, "attempt failed");
    if (isFinished(job)) void this.#forgetInput(job.input.hash, job.id);
  }

  async #keepTelling(catalogue: Catalogue): Promise<void> {
    const { signal } = this.#end;
    const told = JSON.parse(JSON.stringify(catalogue)) as Catalogue;
    for (;;) {
      await sleep(TOLD_MS, signal);
      if (signal.aborted) return;
      try {
        if (isDeepStrictEqual(await this.queue.catalogue(), told)) continue;
        await this.queue.publish(catalogue);
        this.#log.warn("the queue has lost what workers are told, perhaps with its jobs: it is told again");
      } catch (err) {
        this.#log.debug({ err }, "the queue does not answer");
      }
    }
  }

  async #statementOf(submission: ReadSubmission): Promise<Statement> {
    if (submission.kind === "batch") return inSlices(statementSteps(this.programs, submission.batch), PAUSES);
    const { input, publicSignals, order = now() } = submission;
    return { program: programOf(this.programs, submission.program), input, publicSignals, order };
  }

  async #enqueue(draft: Draft, describe: () => Promise<JobRequest>, refused?: Groth16Proof): Promise<Job> {
    try {
      const request = await describe();
      const job = await this.#turns.run(async () => {
        await this.#inputs.keepFor(draft, request.id);
        const before = refused && (await this.queue.get(request.id));
        const job = await this.queue.submit(request, refused);
        // It was right by all that is known here.
        if (before && hasGiven(before, refused) && !isFinished(job)) this.settled("wrong", job, before.result!);
        return job;
      });
      if (isFinished(job)) await this.#forgetInput(draft.sha256, job.id);
      this.#log.info({ job: job.id, program: job.program, order: job.order, state: job.state }, "submitted");
      return job;
    } finally {
      await this.#inputs.discard(draft);
    }
  }

  async #requireRoom(): Promise<void> {
    const queued = Object.values(await this.queue.load()).reduce((sum, load) => sum + load.queued, 0);
    if (queued < this.#maxQueued) return;
    throw new SheafError("SERVICE_BUSY", `${queued} jobs wait already; at most ${this.#maxQueued} may`);
  }

  /** Deletes a job's input if the job is finished, and has not been asked for again meanwhile. */
  async #forgetInput(sha256: string, job: string): Promise<void> {
    const forget = async (): Promise<void> => {
      const known = await this.queue.get(job);
      if (known === undefined || isFinished(known)) await this.#inputs.forget(sha256, job);
    };
    await this.#turns.run(forget).catch((err: unknown) => this.#log.warn({ job, err }, "input not removed"));
  }

  /** Deletes what a coordinator before this one had no time for. */
  async #forgetInputs(): Promise<void> {
    for (const { sha256, job } of await this.#inputs.kept()) await this.#forgetInput(sha256, job);
  }
}

const now = (): number => Math.floor(Date.now() / 1000);
