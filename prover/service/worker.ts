import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import { errorText } from "../../lib/error-text.ts";
import { Memoised } from "../../lib/memoised.ts";
import { sleep } from "../../lib/sleep.ts";
import { within } from "../../lib/within.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { OfFiles, Program } from "../artifacts/program.ts";
import type { Prover, TimedProof, WitnessInput } from "../prover.ts";
import { LEASE_MS, type Job, type JobProgress } from "../queue/job.ts";
import type { JobQueue, Lease } from "../queue/queue.ts";
import type { ProverClient } from "./client.ts";
import type { WorkerFiles } from "./worker-files.ts";

export interface WorkerOptions {
  /** Unique in the fleet. */
  readonly name: string;
  readonly queue: JobQueue;
  readonly client: ProverClient;
  readonly files: WorkerFiles;
  readonly programs: readonly Program[];
  /** Makes the prover of a program, whose files are there. */
  readonly makeProver: (program: Program, paths: OfFiles<string>) => Promise<Prover>;
  readonly log: Logger;
  /** Ends the worker, after the proof it is at. */
  readonly signal: AbortSignal;
  readonly leaseMs?: number | undefined;
  /** Milliseconds that a proof may take. */
  readonly deadlineMs?: number | undefined;
}

/** Milliseconds between two looks for a job, and after trouble on this machine. */
const IDLE_MS = 200;
const TROUBLE_MS = 2_000;
const ANNOUNCE_MS = 20_000;
/** Milliseconds within which reports of one job are sent as one. */
const REPORT_MS = 200;
const DEADLINE_MS = 30 * 60_000;

/** Trouble of this machine or on the way, for which the job is not to blame: another worker may do better. */
const TROUBLE: ReadonlySet<string> = new Set([
  "FILE_UNWRITABLE",
  "SERVICE_UNREACHABLE",
  "QUEUE_UNREACHABLE",
  "ARTIFACT_CORRUPT",
  "NATIVE_UNAVAILABLE",
  "NATIVE_BUILD_FAILED",
]);

/**
 * Proves jobs of a queue, one at a time, until the signal.
 *
 * @throws SheafError PROOF_TIMEOUT if a proof does not end: what hangs can only be ended with its process
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { name, queue, client, programs, log, signal } = options;
  const provers = new Memoised(async (id: string) => {
    const program = programs.find((one) => one.id === id)!;
    return options.makeProver(program, await options.files.ofProgram(program));
  });
  const proverOf = ({ id }: Program): Promise<Prover> => provers.get(id);
  const proving = new Proving(options, proverOf);
  let announcedAt = -Infinity;
  try {
    let { ready, isComplete } = await readyPrograms(programs, proverOf, options);
    while (!signal.aborted) {
      if (performance.now() - announcedAt > ANNOUNCE_MS) {
        announcedAt = performance.now();
        const backend = (await proverOf(ready[0]!)).backend;
        const announcement = { name, programs: ready.map(({ id }) => id), backend };
        await client.announce(announcement).catch((error: unknown) => log.debug({ err: error }, "not announced"));
      }
      const lease = await queue
        .lease(
          name,
          ready.map(({ id }) => id),
        )
        .catch((error: unknown) => {
          log.warn({ code: codeOf(error) }, "no job: the queue does not answer");
          return sleep(TROUBLE_MS, signal);
        });
      if (lease) await proving.work(lease);
      else if (isComplete) await sleep(IDLE_MS, signal);
      else {
        await sleep(TROUBLE_MS, signal);
        ({ ready, isComplete } = await readyPrograms(programs, proverOf, options));
        announcedAt = -Infinity;
      }
    }
  } finally {
    for (const prover of provers.clear()) await (await prover.catch(() => undefined))?.close();
  }
}

/**
 * The programs whose files are on this machine now; those that cannot be had are left out, unless none is left. It is not
 * complete if the coordinator went away meanwhile: then there may be more later.
 */
async function readyPrograms(
  programs: readonly Program[],
  proverOf: (program: Program) => Promise<Prover>,
  { log, signal }: WorkerOptions,
): Promise<{ readonly ready: readonly Program[]; readonly isComplete: boolean }> {
  for (;;) {
    const ready: Program[] = [];
    let isComplete = true;
    let problem: unknown = new SheafError("PROGRAM_UNKNOWN", "the coordinator has no program that is wanted here");
    for (const program of programs) {
      try {
        await proverOf(program);
        ready.push(program);
      } catch (error) {
        problem = error;
        isComplete &&= codeOf(error) !== "SERVICE_UNREACHABLE";
        log.warn({ program: program.id, err: error }, "cannot prove this size");
      }
    }
    if (ready.length > 0) return { ready, isComplete };
    if (!TROUBLE.has(codeOf(problem)) || signal.aborted) throw problem;
    await sleep(TROUBLE_MS, signal);
  }
}

/** What a worker does with a job that it has. */
class Proving {
  readonly #options: WorkerOptions;
  readonly #proverOf: (program: Program) => Promise<Prover>;

  constructor(options: WorkerOptions, proverOf: (program: Program) => Promise<Prover>) {
    this.#options = options;
    this.#proverOf = proverOf;
  }

  async work(lease: Lease): Promise<void> {
    const { name, log } = this.#options;
    const { job } = lease;
    const heart = this.#heart(lease);
    try {
      log.info({ job: job.id, program: job.program, attempt: job.attempts }, "taken");
      const program = this.#options.programs.find(({ id }) => id === job.program)!;
      const prover = await this.#proverOf(program);
      heart.report("fetching", 0.05);
      const proof = await this.#inTime(this.#prove(prover, job, heart.report));
      if (heart.isLost()) return log.warn({ job: job.id }, "the job is no longer this worker's");
      requireAsked(job, proof);
      const result = { ...proof, worker: name, backend: prover.backend };
      await insistently(() => lease.offer(result), this.#options);
      log.info({ job: job.id, timings: proof.timings }, "handed in");
    } catch (error) {
      await this.#giveUp(lease, error);
    } finally {
      heart.stop();
    }
  }

  async #prove(prover: Prover, { input }: Job, report: (phase: string, fraction: number) => void): Promise<TimedProof> {
    return this.#options.files.withInput(input.hash, async (path) => {
      if (input.kind === "witness") {
        report("proving", 0.3);
        const discard = async (): Promise<void> => undefined;
        return prover.proveWitness({ path, by: "circom", milliseconds: 0, discard });
      }
      report("witness", 0.1);
      const witness = await prover.witness(JSON.parse(await readFile(path, "utf8")) as WitnessInput);
      report("proving", 0.3);
      return prover.proveWitness(witness);
    });
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    const { deadlineMs = DEADLINE_MS } = this.#options;
    const seconds = deadlineMs / 1000;
    const late = (): Error => new SheafError("PROOF_TIMEOUT", `the proof was not there after ${seconds} s`);
    return within(deadlineMs, () => work, late);
  }

  async #giveUp(lease: Lease, error: unknown): Promise<void> {
    const { log } = this.#options;
    const code = codeOf(error);
    log.error({ job: lease.job.id, code, err: error }, "gave the job up");
    if (TROUBLE.has(code)) {
      await lease.release().catch(() => undefined); // or the lease runs out
      await sleep(TROUBLE_MS, this.#options.signal);
      return;
    }
    const message = errorText(error);
    await insistently(() => lease.fail({ code, message }), this.#options);
    if (code === "PROOF_TIMEOUT") throw error;
  }

  /** Reports to the queue, three times in the time of a lease, that the job is being worked on. */
  #heart({ beat }: Lease) {
    const { leaseMs = LEASE_MS, log } = this.#options;
    let progress: JobProgress = { phase: "taken", fraction: 0 };
    let isLost = false;
    const send = (): void => {
      // A queue that does not answer says nothing about whose job it is.
      void beat(progress).then(
        (isOwn) => (isLost = !isOwn), // what was cancelled may be asked for again, and be this worker's still
        (error: unknown) => log.warn({ code: codeOf(error) }, "could not report"),
      );
    };
    const timer = setInterval(send, leaseMs / 3);
    let next: NodeJS.Timeout | undefined;
    const sendNext = (): void => {
      next = undefined;
      send();
    };
    return {
      isLost: () => isLost,
      stop: () => {
        clearInterval(timer);
        clearTimeout(next);
      },
      report: (phase: string, fraction: number) => {
        progress = { phase, fraction };
        next ??= setTimeout(sendNext, REPORT_MS);
      },
    };
  }
}

/** A proof of another statement would be refused, again and again: that the request is at fault, only a failure tells. */
function requireAsked({ publicSignals: asked }: Job, { publicSignals: made }: TimedProof): void {
  if (JSON.stringify(asked) === JSON.stringify(made)) return;
  throw new SheafError("PROOF_INVALID", `the input has the public signals ${made.join(", ")}: others were asked for`);
}

/** Does what needs the queue, again and again until its server is back. */
async function insistently(work: () => Promise<void>, { signal, log }: WorkerOptions): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      log.warn({ code: codeOf(error) }, "the queue does not answer");
      if (signal.aborted) return;
      await sleep(TROUBLE_MS, signal);
    }
  }
}

const codeOf = (error: unknown): string => (error instanceof SheafError ? error.code : "UNEXPECTED");
