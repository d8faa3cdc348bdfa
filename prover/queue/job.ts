import { isDeepStrictEqual } from "node:util";
import type { Groth16Proof, Proof, TimedProof } from "../prover.ts";

/** What a proof is asked for. The witness itself stays out of the queue: workers fetch it by its hash. */
export interface JobRequest {
  /** What the request is about: the same request has the same id. 64 hexadecimal digits. */
  readonly id: string;
  /** `Program.id` of the circuit and key. */
  readonly program: string;
  /** Unix time in seconds that the job is as old as: the oldest is proven first. */
  readonly order: number;
  /** SHA-256 of the circuit's input as JSON, or of a `.wtns` file. */
  readonly input: { readonly kind: InputKind; readonly hash: string };
  /** What the proof must have as its public signals. A right proof of anything else is a wrong answer. */
  readonly publicSignals: readonly string[];
}

export const INPUT_KINDS = ["inputs", "witness"] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

export const JOB_STATES = ["queued", "proving", "verifying", "proven", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** A proof as a worker hands it in. */
export interface ProofResult extends Proof {
  /** Milliseconds, by the worker's own clock. */
  readonly timings: TimedProof["timings"];
  readonly worker: string;
  readonly backend: string;
}

/** What a worker says of the job it is at; `fraction` from 0 to 1. */
export interface JobProgress {
  readonly phase: string;
  readonly fraction: number;
}

export interface JobError {
  readonly code: string;
  readonly message: string;
}

/** A job and how far it is. Times are Unix milliseconds. */
export interface Job extends JobRequest {
  readonly state: JobState;
  /** How often it was handed out, to workers that may not have it included. */
  readonly attempts: number;
  readonly progress: JobProgress;
  readonly submittedAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Of a proven job; it was verified. */
  readonly result?: ProofResult;
  /** Of a failed job. */
  readonly error?: JobError;
  /** Workers whose result was wrong, and until when they do not get the job again. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Whether nothing more happens to a job by itself. */
export const isFinished = ({ state }: Pick<Job, "state">): boolean =>
  state === "proven" || state === "failed" || state === "cancelled";

/** Whether this proof, which was refused where it counts, is the one that the job has. */
export const hasGiven = ({ result }: Job, refused: Groth16Proof | undefined): boolean =>
  result !== undefined && refused !== undefined && isDeepStrictEqual(result.proof, refused);

/** Failures after which a job is failed: a worker may be wrong about one, or broken. */
export const MAX_FAILURES = 5;
/** Milliseconds for which a worker that failed at a job does not get it again. */
export const FAILURE_PAUSE_MS = 5_000;
/** Workers that may fall silent over a job before it is failed: perhaps it is what kills them. */
export const MAX_LOST_WORKERS = 10;
/** Milliseconds for which a worker whose result was wrong does not get the job again. */
export const REFUSAL_MS = 60_000;
/** Milliseconds after which a worker that does not report has lost its job. */
export const LEASE_MS = 30_000;
