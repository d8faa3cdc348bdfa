import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ERRORS, SheafError, type ErrorCode } from "../../protocol/errors.ts";
import type { TimedProof, WitnessInput } from "../prover.ts";
import * as schemas from "./schemas.ts";
import type { Announcement, Health, JobView, Submission, WorkerView } from "./schemas.ts";

export type { Announcement, Health, JobView, Submission, WorkerView } from "./schemas.ts";
export type ProofView = TimedProof & { readonly worker: string; readonly backend: string };

/** A request for a proof of a circuit's inputs, with bigints among them. */
export type InputSubmission = Omit<Submission & { kind: "inputs" }, "inputs" | "publicSignals"> & {
  readonly inputs: WitnessInput;
  readonly publicSignals: readonly string[];
};

export interface ClientOptions {
  readonly token?: string | undefined;
  /** Milliseconds for an answer. Default: a minute. */
  readonly timeout?: number;
}

export interface WaitOptions {
  /** Milliseconds between two looks. Default: 500. */
  readonly interval?: number;
  readonly onChange?: (job: JobView) => void;
  readonly signal?: AbortSignal;
}

/**
 * The prover service's routes as methods. Each throws a `SheafError` with the service's code, or `SERVICE_UNREACHABLE`.
 */
export class ProverClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;

  constructor(url: string, { token, timeout = 60_000 }: ClientOptions = {}) {
    this.#url = url.replace(/\/$/, "");
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#timeout = timeout;
  }

  /** Asks for a proof of a batch description (as `sheaf batch example` writes it; bigints will do) or of a circuit's inputs. */
  submit(submission: Submission | InputSubmission): Promise<JobView> {
    const text = JSON.stringify(submission, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
    return this.#json("POST", "/jobs", schemas.job, text, "application/json");
  }

  /** Asks for a proof of a witness, the bytes of a `.wtns` file. `order`: what the job is as old as, in Unix seconds. */
  submitWitness(program: string, witness: Uint8Array, order?: number): Promise<JobView> {
    const query = new URLSearchParams({ program, ...(order !== undefined && { order: `${order}` }) });
    return this.#json("POST", `/witnesses?${query}`, schemas.job, witness, "application/octet-stream");
  }

  job(id: string): Promise<JobView> {
    return this.#json("GET", `/jobs/${id}`, schemas.job);
  }

  jobs(limit = 50): Promise<JobView[]> {
    return this.#json("GET", `/jobs?limit=${limit}`, z.array(schemas.job));
  }

  /** Throws `JOB_UNFINISHED` as long as there is none. */
  async proof(id: string): Promise<ProofView> {
    return (await this.#json("GET", `/jobs/${id}/proof`, schemas.proof)) as unknown as ProofView;
  }

  cancel(id: string): Promise<JobView> {
    return this.#json("DELETE", `/jobs/${id}`, schemas.job);
  }

  /** The proof, as soon as it is there; a service that is away for a while does not matter. Throws `JOB_FAILED`. */
  async wait(id: string, { interval = 500, onChange, signal }: WaitOptions = {}): Promise<ProofView> {
    for (let last = ""; ; await sleep(interval, undefined, { signal })) {
      const job = await this.job(id).catch(ignoreAbsence);
      if (job === undefined) continue;
      const text = JSON.stringify(job);
      if (text !== last) onChange?.(job);
      last = text;
      if (job.state === "proven") return this.proof(id);
      if (job.state === "failed" || job.state === "cancelled") {
        const why = job.error === undefined ? "" : `: ${job.error.code}: ${job.error.message}`;
        throw new SheafError("JOB_FAILED", `the job ${id} is ${job.state}${why}`);
      }
    }
  }

  /** The job's changes as they come, until it is finished. */
  async *events(id: string): AsyncGenerator<JobView, void, undefined> {
    const response = await this.#fetch("GET", `/jobs/${id}/events`);
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split("\n\n");
      text = events.pop()!;
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) yield schemas.job.parse(JSON.parse(data));
      }
    }
  }

  programs() {
    return this.#json("GET", "/programs", z.array(schemas.programView));
  }

  workers(): Promise<WorkerView[]> {
    return this.#json("GET", "/workers", z.array(schemas.workerView));
  }

  async announce(announcement: Announcement): Promise<void> {
    await this.#fetch("POST", "/workers", JSON.stringify(announcement), "application/json");
  }

  health(): Promise<Health> {
    return this.#json("GET", "/health", schemas.health);
  }

  /** The bytes of a file by its SHA-256, unverified. */
  async artifact(sha256: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.#fetch("GET", `/artifacts/${sha256}`)).body!;
  }

  async #json<T extends z.ZodType>(
    method: string,
    path: string,
    schema: T,
    body?: string | Uint8Array,
    type?: string,
  ): Promise<z.output<T>> {
    const response = await this.#fetch(method, path, body, type);
    return schema.parse(await response.json());
  }

  async #fetch(method: string, path: string, body?: string | Uint8Array, type?: string): Promise<Response> {
    const headers = { ...this.#headers, ...(type !== undefined && { "content-type": type }) };
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), this.#timeout);
    const request = {
      method,
      headers,
      signal: patience.signal,
      ...(body !== undefined && { body: Buffer.from(body) }),
    };
    const response = await fetch(`${this.#url}${path}`, request)
      .catch((cause: unknown) => {
        throw new SheafError("SERVICE_UNREACHABLE", `${method} ${this.#url}${path}: ${reasonOf(cause)}`, { cause });
      })
      // Only the answer's beginning has a time limit: a large file may take longer.
      .finally(() => clearTimeout(timer));
    if (response.ok || response.status === 503) {
      if (response.ok || path === "/health") return response;
    }
    throw await errorOf(response);
  }
}

async function errorOf(response: Response): Promise<SheafError> {
  const { success, data } = schemas.failure.safeParse(await response.json().catch(() => undefined));
  if (success && data.code in ERRORS) return new SheafError(data.code as ErrorCode, data.message);
  return new SheafError("SERVICE_UNREACHABLE", `${response.url} answered with status ${response.status}`);
}

function ignoreAbsence(error: unknown): undefined {
  const code = error instanceof SheafError ? error.code : "";
  if (code !== "SERVICE_UNREACHABLE" && code !== "QUEUE_UNREACHABLE") throw error;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(error);
}
