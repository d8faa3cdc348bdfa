import { createInterface } from "node:readline";
import { SheafError } from "../../protocol/errors.ts";
import type { OnPhase, Proof } from "../prover.ts";
import { nativeError, startProcess, type NativeChild } from "./process.ts";

/** What the process answers: docs/prover.md. */
interface Answer extends Partial<Proof> {
  readonly id: number;
  readonly phase?: string;
  readonly error?: string;
  readonly message?: string;
  readonly phases?: Readonly<Record<string, number>>;
  readonly peakBytes?: number;
}

/** A proof, the milliseconds of its phases by name, and the bytes that the process has used at most. */
export interface NativeProof extends Proof {
  readonly phases: Readonly<Record<string, number>>;
  readonly peakBytes: number;
}

/** A witness: the path of a .wtns file, or its bytes. */
export type NativeWitness = string | Uint8Array;

interface Job {
  readonly request: object;
  readonly witness?: Uint8Array;
  readonly onPhase: OnPhase;
  readonly done: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
  attempts: number;
}

interface SendOptions {
  readonly witness?: NativeWitness;
  readonly onPhase?: OnPhase;
  readonly signal?: AbortSignal;
}

/** How often a job is given to a process: once more after a crash that may have had another cause. */
const ATTEMPTS = 2;
/** Milliseconds that a process may take to end by itself. */
const PATIENCE = 5_000;

/**
 * The long-lived process `sheaf-prover serve`: started with the first job, again after a crash, and ended by `close`. It
 * works on one job at a time; the others wait here. It does not keep Node alive when it has no job.
 */
export class NativeService {
  readonly #executable: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #jobs: Job[] = [];
  #current: Job | undefined;
  #child: NativeChild | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** @param environment variables besides this process', such as SHEAF_NATIVE_PATH */
  constructor(executable: string, environment: NodeJS.ProcessEnv = {}) {
    this.#executable = executable;
    this.#environment = environment;
  }

  /** Process id, while there is a process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Loads a key ahead of its first proof. Throws KEY_MALFORMED, FILE_UNREADABLE. */
  async load(key: string): Promise<void> {
    await this.#send({ command: "load", key });
  }

  /**
   * Makes a proof; it is not verified.
   *
   * @param signal gives the proof up: the process is ended if it is at it, and another one started for the next
   * @throws SheafError KEY_MALFORMED, WITNESS_MALFORMED, FILE_UNREADABLE, NATIVE_CRASHED
   */
  async prove(key: string, witness: NativeWitness, onPhase?: OnPhase, signal?: AbortSignal): Promise<NativeProof> {
    const request =
      typeof witness === "string"
        ? { command: "prove", key, witness }
        : { command: "prove", key, witnessBytes: witness.length };
    const answer = await this.#send(request, { witness, ...(onPhase && { onPhase }), ...(signal && { signal }) });
    const { proof, publicSignals, phases, peakBytes } = answer;
    if (!proof || !publicSignals || !phases || peakBytes === undefined) {
      throw new SheafError("NATIVE_CRASHED", `sheaf-prover answered ${JSON.stringify(answer)}`);
    }
    return { proof, publicSignals, phases, peakBytes };
  }

  /** Ends the process: by itself if it has no job, by a signal otherwise, which fails the jobs. */
  async close(): Promise<void> {
    const child = this.#child;
    const closed = new SheafError("NATIVE_CRASHED", "sheaf-prover was closed before it was done");
    for (const job of this.#jobs.splice(0)) job.fail(closed);
    if (child !== undefined) {
      if (this.#current === undefined) child.stdin.end();
      else child.kill("SIGKILL");
      this.#current?.fail(closed);
      this.#current = undefined;
      const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      await this.#ended;
      clearTimeout(timer);
    }
  }

  #send(request: object, { witness, onPhase = () => undefined, signal }: SendOptions = {}): Promise<Answer> {
    return new Promise<Answer>((done, fail) => {
      signal?.throwIfAborted();
      const bytes = typeof witness === "object" ? { witness } : {};
      const job: Job = { request, ...bytes, onPhase, done, fail, attempts: 0 };
      signal?.addEventListener("abort", () => this.#giveUp(job, signal.reason), { once: true });
      this.#jobs.push(job);
      this.#next();
    });
  }

  /** A process that hangs can only be ended. */
  #giveUp(job: Job, reason: unknown): void {
    job.fail(reason);
    const place = this.#jobs.indexOf(job);
    if (place >= 0) this.#jobs.splice(place, 1);
    if (this.#current !== job) return;
    this.#current = undefined;
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    this.#next();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    this.#current = this.#jobs.shift();
    if (this.#current === undefined) {
      setReferenced(this.#child, false);
      return;
    }
    this.#current.attempts++;
    try {
      this.#child ??= this.#start();
    } catch (error) {
      this.#crashed((error as SheafError).message);
      return;
    }
    setReferenced(this.#child, true);
    this.#child.stdin.write(`${JSON.stringify({ id: this.#current.attempts, ...this.#current.request })}\n`);
    if (this.#current.witness) this.#child.stdin.write(this.#current.witness);
  }

  #start(): NativeChild {
    const { child, ended } = startProcess(this.#executable, ["serve"], { environment: this.#environment });
    createInterface(child.stdout!).on("line", (line) => {
      if (child === this.#child) this.#receive(line);
    });
    this.#ended = ended.then(({ how }) => {
      if (child !== this.#child) return;
      this.#child = undefined;
      this.#crashed(how);
    });
    return child;
  }

  #receive(line: string): void {
    const job = this.#current;
    if (job === undefined) return;
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
    } catch {
      this.#child?.kill("SIGKILL");
      return;
    }
    if (answer.phase !== undefined) {
      job.onPhase(answer.phase);
      return;
    }
    this.#current = undefined;
    if (answer.error === undefined) job.done(answer);
    else job.fail(nativeError(answer.error, answer.message ?? ""));
    this.#next();
  }

  /** The process ended: its job goes to another one, unless it was given often enough. */
  #crashed(how: string): void {
    const job = this.#current;
    this.#current = undefined;
    if (job !== undefined) {
      if (job.attempts < ATTEMPTS) this.#jobs.unshift(job);
      else job.fail(new SheafError("NATIVE_CRASHED", `sheaf-prover ended ${job.attempts} times at one job: ${how}`));
    }
    this.#next();
  }
}

/** A process without a job must not keep Node from ending; it then ends too, with its standard input. */
function setReferenced(child: NativeChild | undefined, referenced: boolean): void {
  if (child === undefined) return;
  for (const handle of [child, child.stdin, child.stdout, child.stderr] as { ref?(): void; unref?(): void }[]) {
    if (referenced) handle.ref?.();
    else handle.unref?.();
  }
}
