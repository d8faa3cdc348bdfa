import type { Job as BullJob } from "bullmq";
import type { Job, JobError, JobProgress, JobRequest, JobState, ProofResult } from "./job.ts";

/** What BullMQ keeps of a job for us. Written by the coordinator alone. */
export interface LaneData {
  readonly request: JobRequest;
  readonly refused: Readonly<Record<string, number>>;
  readonly failures: number;
  readonly accepted?: { readonly result: ProofResult; readonly at: number };
  readonly error?: JobError & { readonly at: number };
  readonly cancelledAt?: number;
}

/** A result, or why there is none, on its way from a worker to the judge. */
export interface Offer {
  readonly id: string;
  /** Which attempt at the job it comes from; a job that is submitted again counts anew. */
  readonly attempt: number;
  readonly submittedAt: number;
  readonly worker: string;
  readonly result?: ProofResult;
  readonly error?: JobError;
}

/** Whether nothing is left to do: a worker that gets the job passes it by. */
export const isDecided = ({ accepted, error, cancelledAt }: LaneData): boolean =>
  accepted !== undefined || error !== undefined || cancelledAt !== undefined;

/** A job as BullMQ keeps it, in our words. `lane` is its state in BullMQ if that is known. */
export async function jobOf(bull: BullJob<LaneData>, lane?: string): Promise<Job> {
  const { request, refused, accepted, error, cancelledAt } = bull.data;
  const state = stateOf(bull.data, lane ?? (isDecided(bull.data) ? "" : await bull.getState()));
  const lost = { code: "WORKER_LOST", message: bull.failedReason ?? "" };
  const failure = state === "failed" ? (error ?? lost) : undefined;
  const finishedAt = accepted?.at ?? error?.at ?? cancelledAt ?? (state === "failed" ? bull.finishedOn : undefined);
  return {
    ...request,
    state,
    refused,
    attempts: bull.attemptsStarted,
    progress: state === "proving" ? reported(bull) : { phase: PHASES[state], fraction: state === "queued" ? 0 : 1 },
    submittedAt: bull.timestamp,
    ...(bull.processedOn != null && { startedAt: bull.processedOn }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(accepted && { result: accepted.result }),
    ...(failure && { error: { code: failure.code, message: failure.message } }),
  };
}

const PHASES: Readonly<Record<JobState, string>> = {
  queued: "waiting",
  proving: "taken",
  verifying: "verifying",
  proven: "proven",
  failed: "failed",
  cancelled: "cancelled",
};

function stateOf({ accepted, error, cancelledAt }: LaneData, lane: string): JobState {
  if (accepted !== undefined) return "proven";
  if (cancelledAt !== undefined) return "cancelled";
  if (error !== undefined || lane === "failed") return "failed";
  if (lane === "completed") return "verifying";
  return lane === "active" ? "proving" : "queued";
}

function reported({ progress }: BullJob): JobProgress {
  const isReport = typeof progress === "object" && progress !== null && "phase" in progress;
  return isReport ? (progress as unknown as JobProgress) : { phase: PHASES.proving, fraction: 0 };
}
