import { join } from "node:path";
import { Piscina } from "piscina";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import type { BatchDescription } from "../files/batch-schema.ts";
import type { Groth16Proof } from "../prover.ts";

/** Submissions that are read side by side. */
const THREADS = 2;
/** Milliseconds after which a thread that has nothing to do ends. */
const IDLE_MS = 60_000;

/** What was submitted, as far as it can be understood without knowing any program. */
export type ReadSubmission =
  | { readonly kind: "batch"; readonly batch: BatchDescription }
  | {
      readonly kind: "inputs";
      /** A program's id, or its name. */
      readonly program: string;
      /** As `inputText` has it. */
      readonly input: Uint8Array<ArrayBuffer>;
      readonly publicSignals: readonly string[];
      /** Unix time in seconds. */
      readonly order: number | undefined;
      /** A proof of it that L1 refused. */
      readonly refused: Groth16Proof | undefined;
    };

/** What a thread says. Errors arrive without their class. */
export type Reading =
  | { readonly submission: ReadSubmission }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } };

/** Reads submissions in threads of their own: the check of a million values would hold up everything else for seconds. */
export class Submissions {
  readonly #threads = new Piscina<Uint8Array, Reading>({
    ...{ filename: join(import.meta.dirname, "submission-thread.ts"), minThreads: 0, maxThreads: THREADS },
    idleTimeout: IDLE_MS,
  });

  /**
   * @param body the bytes of a JSON body: the thread's from now on
   * @throws SheafError JSON_MALFORMED, FIELD_INVALID
   */
  async read(body: Uint8Array<ArrayBuffer>): Promise<ReadSubmission> {
    const reading = await this.#threads.run(body, { transferList: [body.buffer] });
    if ("failure" in reading) throw new SheafError(reading.failure.code, reading.failure.message);
    return reading.submission;
  }

  close(): Promise<void> {
    return this.#threads.destroy();
  }
}
