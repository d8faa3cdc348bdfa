import { availableParallelism } from "node:os";
import type { Program } from "../artifacts/program.ts";
import type { Groth16Proof } from "../prover.ts";
import type { Job, JobError, JobProgress, JobRequest, ProofResult } from "./job.ts";

/** What the coordinator tells workers: what it has proven, and where they get the files for it. */
export interface Catalogue {
  /** Base URL of the coordinator's HTTP service. */
  readonly coordinator: string;
  /** Milliseconds after which a silent worker has lost its job. */
  readonly leaseMs: number;
  readonly programs: readonly Program[];
}

export interface Load {
  readonly queued: number;
  readonly proving: number;
}

/** What became of a result. `late`: its worker had lost the job by then, and another had taken it or done it. */
export type Verdict = "accepted" | "wrong" | "late";

/** Results that are decided on at a time: a verification keeps one core busy, and waits for the queue at times. */
export const JUDGES = Math.max(2, availableParallelism());

/** Decides on results. Exactly one process, the coordinator, does. */
export interface Judge {
  /** Whether the result is a right proof of what the job asks for. Called again if it throws. */
  verify(job: Job, result: ProofResult): Promise<boolean>;
  /** A result was decided on. */
  settled(verdict: Verdict, job: Job, result: ProofResult): void;
  /** A worker gave a job up. The job is `failed` if it was the last attempt. */
  failed(job: Job, error: JobError, worker: string): void;
}

/** A job that a worker has taken. It is the worker's until it stops reporting for the time of a lease. */
export interface Lease {
  readonly job: Job;
  /** Reports that the worker is at it. Returns whether the job is still its own: not lost, not cancelled. */
  beat(progress: JobProgress): Promise<boolean>;
  /** Hands a result in, for the judge. */
  offer(result: ProofResult): Promise<void>;
  /** Gives the job up with an error; attempts of other workers follow, up to `MAX_FAILURES`. */
  fail(error: JobError): Promise<void>;
  /** Gives the job back as it was. */
  release(): Promise<void>;
}

/**
 * Jobs that outlive the processes around them: a coordinator that submits and judges, workers that prove. Each method
 * throws `QUEUE_UNREACHABLE` if the queue's server cannot be reached.
 */
export interface JobQueue {
  /**
   * Adds a job, or returns the one of the same id. One that was failed or cancelled starts again, and so does one that
   * has given the proof that was `refused`: its worker does not get it for a while.
   */
  submit(request: JobRequest, refused?: Groth16Proof): Promise<Job>;
  get(id: string): Promise<Job | undefined>;
  /** The newest jobs. */
  list(limit: number): Promise<readonly Job[]>;
  /** How many jobs of each program wait and are being proven. */
  load(): Promise<Readonly<Record<string, Load>>>;
  /** Cancels a job that is not finished. Returns its state then; `undefined` if there is no such job. */
  cancel(id: string): Promise<Job | undefined>;
  /** The oldest job of these programs that the worker may have, if there is one. */
  lease(worker: string, programs: readonly string[]): Promise<Lease | undefined>;
  /** Has all results, those that wait already included, decided on from now to `close`. */
  judge(judge: Judge): Promise<void>;
  /** Replaces the catalogue. */
  publish(catalogue: Catalogue): Promise<void>;
  catalogue(): Promise<Catalogue | undefined>;
  /** Whether the queue's server answers. */
  ping(): Promise<void>;
  /** Settings of the server by which it may lose jobs, in words. */
  risks(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface QueueOptions {
  /** Milliseconds after which a silent worker has lost its job. Default: `LEASE_MS`. */
  readonly leaseMs?: number | undefined;
  /** Finished jobs that are kept, of each program or state; older ones are forgotten. Default: 1000. */
  readonly keep?: number | undefined;
}
