import { access, constants } from "node:fs/promises";
import { Memoised } from "../lib/memoised.ts";
import { withRetries, type RetryOptions } from "../lib/retry.ts";
import { Turns } from "../lib/turns.ts";
import { within } from "../lib/within.ts";
import { type Batch, signalsOf } from "../protocol/batch.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { programId } from "../prover/artifacts/program.ts";
import type { BackendChoice } from "../prover/backends/backend.ts";
import { makeProver } from "../prover/backends/make-prover.ts";
import { verifyProof } from "../prover/backends/snarkjs.ts";
import { removeLeftovers } from "../prover/files/temporary-folder.ts";
import type { Groth16Proof, TimedProof, VerificationKey, Witness } from "../prover/prover.ts";
import type { JobView, ProverClient } from "../prover/service/client.ts";
import { SYSTEM_CLOCK, type Clock } from "./clock.ts";
import type { ProvableSize } from "./provable-sizes.ts";

export interface ProveOptions {
  /** Gives the proof up: `prove` then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is being done, and how much of it is, from 0 to 1. */
  readonly onProgress?: (phase: string, fraction: number) => void;
  /** A proof of the same batch that L1 refused: it is not given again. */
  readonly refused?: Groth16Proof | undefined;
}

/** Proves batches. Several may be asked for at a time; each proof is verified before it is handed out. */
export interface BatchProver {
  /** @throws SheafError SIZE_NOT_KNOWN if there are no keys for the batch's size; PROOF_INVALID; as each kind says */
  prove(batch: Batch, options?: ProveOptions): Promise<TimedProof>;
  /** What it lacks to prove anything, if that can be told. */
  lacks?(): Promise<string | undefined>;
  /** Ends whatever keeps the process alive, after the proofs under way. */
  close(): Promise<void>;
}

export interface LocalProving extends BackendChoice {
  readonly clock?: Clock;
  /** Milliseconds that a witness of a size may take, and a proof. */
  readonly deadline?: (size: BatchSize) => number;
}

/** Far beyond the time of the slowest back end on a slow machine: a proof that takes longer hangs. */
const usualDeadline = ({ transfers }: BatchSize): number => 10 * 60_000 + 3_000 * transfers;

/**
 * Proves in this process, one batch after the other in the order in which they were asked for; each witness is computed
 * while the proof before it is made. A proof that has begun is finished, whatever the signal says.
 *
 * `prove` also throws the codes of `Prover.witness` and `Prover.proveWitness`, and PROOF_TIMEOUT: a back end that hangs is
 * ended.
 */
export function localBatchProver(sizes: readonly ProvableSize[], choice: LocalProving = {}): BatchProver {
  const { clock = SYSTEM_CLOCK, deadline = usualDeadline } = choice;
  // Of witnesses that a process before this one had no time to delete.
  void removeLeftovers();
  const provers = new Memoised((size: ProvableSize) => makeProver(size.keys, choice));
  const [witnesses, proofs] = [new Turns(), new Turns()];

  /** Holds the witness turn until it gets the proof turn, so at most one finished witness waits. */
  const work = async (batch: Batch, { signal, onProgress }: ProveOptions): Promise<TimedProof> => {
    const size = sizeOf(sizes, batch);
    const endWitness = await witnesses.take();
    let endProof: (() => void) | undefined;
    let witness: Witness | undefined;
    try {
      signal?.throwIfAborted();
      onProgress?.("witness", 0);
      const prover = await provers.get(size);
      const most = deadline(size.rows);
      witness = await inTime(clock, most, "witness", (late) => prover.witness(batch.input, late));
      endProof = await proofs.take();
      endWitness();
      signal?.throwIfAborted();
      onProgress?.("proof", 0);
      const ready = witness;
      return await inTime(clock, most, "proof", (late) => prover.proveWitness(ready, undefined, late));
    } finally {
      await witness?.discard();
      endWitness();
      endProof?.();
    }
  };

  return {
    prove: (batch, options = {}) => work(batch, options),
    async lacks() {
      for (const { keys } of sizes) {
        for (const path of [keys.zkey, keys.wasm, ...(keys.plan === undefined ? [] : [keys.plan])]) {
          if (
            !(await access(path, constants.R_OK).then(
              () => true,
              () => false,
            ))
          )
            return `${path} cannot be read`;
        }
      }
      return undefined;
    },
    async close() {
      // Whoever has had his turn with the witness waits for the proof already.
      const ends = [await witnesses.take(), await proofs.take()];
      for (const prover of provers.clear()) await (await prover).close();
      for (const end of ends) end();
    },
  };
}

/** Gives work up that takes too long. Throws `PROOF_TIMEOUT`, also where the work does not heed the signal. */
function inTime<T>(
  clock: Clock,
  milliseconds: number,
  what: string,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (): Error => new SheafError("PROOF_TIMEOUT", `the ${what} was not there after ${milliseconds / 1000} s`);
  return within(milliseconds, work, late, clock);
}

/** A service that is being restarted, or has enough to do, is asked again. */
const MAY_PASS: readonly string[] = ["SERVICE_UNREACHABLE", "SERVICE_BUSY", "QUEUE_UNREACHABLE"];

/**
 * Has batches proven by a prover service, side by side as far as it has workers. A proof is believed as far as
 * the keys here verify it. The signal cancels the job.
 *
 * `prove` also throws the service's codes: JOB_FAILED, PROGRAM_UNKNOWN, UNAUTHORIZED, SERVICE_UNREACHABLE, …
 */
export function serviceBatchProver(
  client: Pick<ProverClient, "submit" | "wait" | "cancel">,
  sizes: readonly ProvableSize[],
  retries: RetryOptions = {},
): BatchProver {
  const patience = (error: unknown): number | undefined =>
    error instanceof SheafError && MAY_PASS.includes(error.code) ? 0 : undefined;
  /** By the batch's commitment: proofs of the service that the keys here do not verify. It would give it again. */
  const wrong = new Map<bigint, Groth16Proof>();
  return {
    async prove(batch, { signal, onProgress, refused = wrong.get(batch.publicSignals.c) } = {}) {
      const { c } = batch.publicSignals;
      const { size, rows, keys } = sizeOf(sizes, batch);
      const submission = {
        kind: "inputs",
        program: programId(rows.name, size.keyHash.slice(2)),
        inputs: batch.input,
        publicSignals: signalsOf(batch.publicSignals),
        order: batch.published.timestamp,
        ...(refused && { refused: { ...refused } }),
      } as const;
      signal?.throwIfAborted();
      const { id } = await withRetries(() => client.submit(submission), patience, retries);
      try {
        const onChange = ({ progress }: JobView): void => onProgress?.(progress.phase, progress.fraction);
        const made = await client.wait(id, { onChange, ...(signal && { signal }) });
        wrong.set(c, made.proof);
        const right = await checked(made, submission.publicSignals, keys.verificationKey);
        wrong.delete(c);
        return right;
      } catch (error) {
        // Nobody may be there to be told any more.
        if (signal?.aborted === true) await client.cancel(id).catch(() => undefined);
        signal?.throwIfAborted();
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Throws `SIZE_NOT_KNOWN`. */
function sizeOf(sizes: readonly ProvableSize[], { size: { name } }: Batch): ProvableSize {
  const size = sizes.find(({ rows }) => rows.name === name);
  if (size !== undefined) return size;
  throw new SheafError("SIZE_NOT_KNOWN", `there are no keys here for batches of the size ${name}`);
}

/** Throws `PROOF_INVALID`. */
async function checked(made: TimedProof, publicSignals: readonly string[], key: VerificationKey): Promise<TimedProof> {
  if (made.publicSignals.join() !== publicSignals.join()) {
    throw new SheafError("PROOF_INVALID", "the prover service gave a proof of something else");
  }
  if (await verifyProof(key, made)) return made;
  throw new SheafError("PROOF_INVALID", "the prover service gave a proof that the key on L1 does not verify");
}
