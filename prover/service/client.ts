import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { HttpClient, type HttpOptions } from "../../http/client.ts";
import { bigintJson } from "../../lib/json.ts";
import { SheafError } from "../../protocol/errors.ts";
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

export type ClientOptions = HttpOptions;

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
  readonly #http: HttpClient;

  constructor(url: string, options?: ClientOptions) {
    this.#http = new HttpClient(url, options);
  }

  /** Asks for a proof of a batch description (as `sheaf batch example` writes it; bigints will do) or of a circuit's inputs. */
  submit(submission: Submission | InputSubmission): Promise<JobView> {
    return this.#http.json("POST", "/jobs", schemas.job, { body: bigintJson(submission) });
  }

  /** Asks for a proof of a witness, the bytes of a `.wtns` file. `order`: what the job is as old as, in Unix seconds. */
  submitWitness(program: string, witness: Uint8Array, order?: number): Promise<JobView> {
    const query = new URLSearchParams({ program, ...(order !== undefined && { order: `${order}` }) });
    return this.#http.json("POST", `/witnesses?${query}`, schemas.job, { body: witness });
  }

  job(id: string): Promise<JobView> {
    return this.#http.json("GET", `/jobs/${id}`, schemas.job);
  }

  jobs(limit = 50): Promise<JobView[]> {
    return this.#http.json("GET", `/jobs?limit=${limit}`, z.array(schemas.job));
  }

  /** Throws `JOB_UNFINISHED` as long as there is none. */
  async proof(id: string): Promise<ProofView> {
    return (await this.#http.json("GET", `/jobs/${id}/proof`, schemas.proof)) as unknown as ProofView;
  }

  cancel(id: string): Promise<JobView> {
    return this.#http.json("DELETE", `/jobs/${id}`, schemas.job);
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
    for await (const { data } of this.#http.events(`/jobs/${id}/events`)) yield schemas.job.parse(JSON.parse(data));
  }

  programs() {
    return this.#http.json("GET", "/programs", z.array(schemas.programView));
  }

  workers(): Promise<WorkerView[]> {
    return this.#http.json("GET", "/workers", z.array(schemas.workerView));
  }

  async announce(announcement: Announcement): Promise<void> {
    await this.#http.fetch("POST", "/workers", { body: JSON.stringify(announcement) });
  }

  health(): Promise<Health> {
    return this.#http.json("GET", "/health", schemas.health, { accept: [503] });
  }

  /** The bytes of a file by its SHA-256, unverified. */
  async artifact(sha256: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.#http.fetch("GET", `/artifacts/${sha256}`)).body!;
  }
}

function ignoreAbsence(error: unknown): undefined {
  const code = error instanceof SheafError ? error.code : "";
  if (code !== "SERVICE_UNREACHABLE" && code !== "QUEUE_UNREACHABLE") throw error;
}
