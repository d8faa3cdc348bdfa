import type { Job, JobError, JobProgress, JobRequest, JobState, ProofResult } from "./job.ts";

/** As it stands in the index, so that SQLite uses it. */
export const FINISHED_AT = "detail ->> '$.finishedAt'";

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    program TEXT NOT NULL,
    age INTEGER NOT NULL,            -- the request's order
    state TEXT NOT NULL,
    request TEXT NOT NULL,           -- JobRequest
    detail TEXT NOT NULL,            -- Detail
    attempts INTEGER NOT NULL DEFAULT 0,
    token TEXT,                      -- of the lease, while a worker has the job
    lease_until INTEGER
  );
  CREATE INDEX IF NOT EXISTS job_next ON job (state, program, age, seq);
  CREATE INDEX IF NOT EXISTS job_finished ON job (state, ${FINISHED_AT});
  CREATE TABLE IF NOT EXISTS offer (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, token TEXT, offer TEXT);
  CREATE TABLE IF NOT EXISTS catalogue (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL);
`;

/** What changes about a job besides its state. */
export interface Detail {
  readonly submittedAt: number;
  readonly progress: JobProgress;
  readonly refused: Readonly<Record<string, number>>;
  readonly failures: number;
  readonly lost: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly result?: ProofResult;
  readonly error?: JobError;
}

/** A result, or why there is none, on its way from a worker to the judge. */
export interface Offer {
  readonly worker: string;
  readonly result?: ProofResult;
  readonly error?: JobError;
}

export interface OfferRow {
  readonly seq: number;
  readonly id: string;
  readonly token: string;
  /** An `Offer`. */
  readonly offer: string;
}

export interface Row {
  readonly seq: number;
  readonly id: string;
  readonly state: JobState;
  readonly request: string;
  readonly detail: string;
  readonly attempts: number;
  readonly token: string | null;
}

export const newDetail = (): Detail => ({
  submittedAt: Date.now(),
  progress: { phase: "waiting", fraction: 0 },
  refused: {},
  failures: 0,
  lost: 0,
});

export const detailOf = ({ detail }: Row): Detail => JSON.parse(detail) as Detail;

export function jobOf(row: Row): Job {
  const request = JSON.parse(row.request) as JobRequest;
  return { ...request, state: row.state, attempts: row.attempts, ...detailOf(row) };
}
