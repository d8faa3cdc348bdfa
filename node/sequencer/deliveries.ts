import { batchSteps, placedAt, type Batch } from "../../protocol/batch.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { inSlices } from "../../protocol/slices.ts";
import { RollupState } from "../../protocol/state.ts";
import type { Steps } from "../../protocol/steps.ts";
import { solidityProof, type SolidityProof } from "../../prover/files/proof-format.ts";
import type { Groth16Proof } from "../../prover/prover.ts";
import { addressOf } from "../follow/addresses.ts";
import type { OwnBatch } from "../pool/batches.ts";
import type { BatchProver } from "../proving.ts";
import type { Numbers } from "../submitter/nonces.ts";
import { OF_THE_SENDER, type BatchSubmitter, type SubmitState } from "../submitter/submission.ts";
import { BackgroundJobs } from "./background-jobs.ts";
import { backoff } from "./backoff.ts";
import { contentsOf } from "./contents.ts";
import { Departures, type DepartureParts, type Placed, type Proven, type Run } from "./departures.ts";
import type { NodeEvent } from "./events.ts";
import { closingOf, nameOf, numbersOf, proofOf, submissionOf } from "./names.ts";
import type { Pricing } from "./pricing.ts";
import { dropBatches } from "./reconciliation.ts";

export interface DeliveryParts extends DepartureParts {
  /** By id. */
  readonly sizes: readonly BatchSize[];
  readonly prover: BatchProver;
  readonly submitter: BatchSubmitter;
  readonly pricing: Pick<Pricing, "note" | "savedTogether">;
  /** Milliseconds before what failed is tried again. */
  readonly retryPause: number;
  readonly emit: (event: NodeEvent) => void;
}

/** What keeps something from going on. */
export interface Trouble {
  readonly what: string;
  readonly why: string;
}

/** The last batch that the contract refused, if L1 has taken none since. */
interface Setback extends Trouble {
  /** How many it refused in a row. */
  readonly count: number;
  /** No batch is made before, by the clock's elapsed milliseconds. */
  readonly until: number;
}

/** What batches wait for on their way to L1 in one transaction. */
export interface Submission {
  readonly numbers: Numbers;
  readonly state: SubmitState;
}

interface RefusedProof {
  readonly proof: Groth16Proof;
  /** How many of the batch's L1 has refused. */
  readonly count: number;
  /** None is made anew before, by the clock's elapsed milliseconds. */
  readonly until: number;
}

/** Has the batches under way proven, side by side, and submits them in their order, several in one transaction. */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #jobs: BackgroundJobs;
  readonly #departures: Departures;
  /** What is proven, by its commitment. */
  readonly #built = new Map<bigint, Batch>();
  /** Block that a batch was mined in, by its commitment: L1 has it, though the store may not know yet. */
  readonly #mined = new Map<bigint, number>();
  /** What batches wait for on their way to L1, by their number. */
  readonly #submissions = new Map<number, Submission>();
  /** Proofs that L1 refused last, by their batches' commitments. */
  readonly #refused = new Map<bigint, RefusedProof>();
  /** Why the contract refuses batches, which are to be dropped, by their commitments. */
  readonly #refusals = new Map<bigint, string>();
  #setback: Setback | undefined;
  /** The highest number of a batch that was proven. */
  #provenUpTo = 0;

  /** @param onEnd told of each end of a proof or a submission, with the error if there was one */
  constructor(parts: DeliveryParts, onEnd: (what: string, error: unknown) => void) {
    this.#parts = parts;
    this.#departures = new Departures(parts);
    this.#jobs = new BackgroundJobs(onEnd, parts.retryPause, parts.clock);
  }

  /** Spares it to build the batch again. */
  remember(own: OwnBatch, batch: Batch): void {
    this.#built.set(own.c, batch);
  }

  /** Starts the work that can be done for the batches under way, and stops work that is in vain. */
  pursue(): void {
    const { store, pool, ahead } = this.#parts;
    const batches = pool.batches.from(ahead.batches[0]?.number ?? Infinity);
    const wanted = new Set(batches.map(({ c }) => c));
    for (const known of [this.#built, this.#mined, this.#refused]) {
      for (const c of known.keys()) if (!wanted.has(c)) known.delete(c);
    }
    const isMined = ({ c }: OwnBatch): boolean => (this.#mined.get(c) ?? -1) > store.cursor.number;
    const { unproven, runs, closing, waiting } = this.#departures.workOf(batches, isMined);
    this.#gather(waiting);
    const wished = [...unproven.map(proofOf), ...runs.map(submissionOf), ...(closing ? [closingOf(closing)] : [])];
    this.#jobs.keepOnly(new Set(wished));
    if (closing !== undefined) this.#jobs.start(closingOf(closing), () => this.#parts.parcelling!.close(closing));
    for (const placed of unproven) this.#jobs.start(proofOf(placed), (signal) => this.#prove(placed, signal));
    for (const run of runs) {
      if (!this.#jobs.start(submissionOf(run), (signal) => this.#submit(run, signal))) return;
    }
  }

  /** Tells of those that wait for others, and of no more. */
  #gather(waiting: readonly OwnBatch[]): void {
    const wanted = new Set(waiting.map(({ number }) => number));
    for (const [number, { state }] of this.#submissions) {
      if (state.phase === "gathering" && !wanted.has(number)) this.#submissions.delete(number);
    }
    if (waiting.length === 0) return;
    const numbers = numbersOf(waiting);
    if (this.#submissions.get(numbers.last)?.state.phase === "gathering") return;
    this.#tell(numbers, { phase: "gathering" });
  }

  #tell(numbers: Numbers, state: SubmitState): void {
    for (let number = numbers.first; number <= numbers.last; number++) {
      this.#submissions.set(number, { numbers, state });
    }
    this.#parts.emit({ type: "submission", numbers, state });
  }

  /** What keeps batches under way from going on: what failed, and what L1 does not take. */
  troubles(): readonly Trouble[] {
    const failed = [...this.#jobs.failures].map(([what, error]) => ({ what, why: reasonOf(error) }));
    const waiting = [...this.#submissions].flatMap(([number, { numbers, state }]) => {
      const why = number === numbers.first ? hindrance(state) : undefined;
      return why === undefined ? [] : [{ what: `submission of ${nameOf(numbers)}`, why }];
    });
    const { what, why } = this.#setback ?? {};
    return [...(this.mayGoOn ? [] : [{ what: what!, why: why! }]), ...failed, ...waiting];
  }

  get provenUpTo(): number {
    return this.#provenUpTo;
  }

  /** What a batch waits for on its way to L1. */
  submissionOf(number: number): Submission | undefined {
    return this.#submissions.get(number);
  }

  /** Whether batches may be made: not at once after the contract has refused one, for the next may fare the same. */
  get mayGoOn(): boolean {
    return this.#setback === undefined || this.#setback.until <= this.#parts.clock.elapsed();
  }

  /** Whether batches may have to wait for one another. */
  get mayGather(): boolean {
    return this.#departures.mayGather;
  }

  /** Drops batches that the contract refuses, and what stands on them: what they held waits again. */
  *dropRefused(): Steps<void> {
    const { pool, ahead, clock, retryPause } = this.#parts;
    // L1 may refuse further ones meanwhile.
    const refusals = new Map(this.#refusals);
    const first = ahead.batches.find(({ c }) => refusals.has(c));
    if (first !== undefined) {
      yield* dropBatches(pool, first.number);
      const count = (this.#setback?.count ?? 0) + 1;
      const until = clock.elapsed() + backoff(retryPause, count);
      const why = `L1 refused it (${refusals.get(first.c)}): what it held waits for another one`;
      this.#setback = { what: `batch ${first.number}`, why, count, until };
    }
    for (const c of refusals.keys()) this.#refusals.delete(c);
  }

  /** Stops everything and waits for the ends. */
  stop(): Promise<void> {
    return this.#jobs.stop();
  }

  async #prove({ own, z }: Placed, signal: AbortSignal): Promise<void> {
    const { pool, ahead, sizes, prover, emit, clock } = this.#parts;
    const { number } = own;
    // Its operations were taken in here, and their signatures verified.
    const rebuild = (): Promise<Batch> =>
      inSlices(
        batchSteps(new RollupState(ahead.state(number)), sizes[own.size]!, own.request, { areVerified: true }),
        clock,
      );
    const built = this.#built.get(own.c) ?? (await rebuild());
    const batch = z === undefined ? built : placedAt(built, z);
    const onProgress = (phase: string, fraction: number): void => emit({ type: "progress", number, phase, fraction });
    const proof = await prover.prove(batch, { signal, onProgress, refused: this.#refused.get(own.c)?.proof });
    // It may have been given up, and another one with this number made, when the proof was ready.
    if (pool.batches.find(number)?.c !== own.c || (z !== undefined && !this.#parts.parcelling!.isCurrent(z))) return;
    pool.transaction(() => {
      pool.batches.addProof(number, proof);
      pool.operations.proven(number);
    });
    this.#built.delete(own.c);
    this.#provenUpTo = Math.max(this.#provenUpTo, number);
    emit({ type: "batch", number });
  }

  async #submit({ batches: run, closed }: Run, signal: AbortSignal): Promise<void> {
    const blob = closed && (await this.#parts.parcelling!.blobOf(closed));
    const numbers = numbersOf(run);
    const calls = run.map((own) => {
      const { number: batchNumber, size, c, words, refundAddresses, request } = own;
      // Its own, whatever this node is told today: the proof is good for no other.
      const beneficiary = addressOf(request.beneficiary);
      return { batchNumber, size, proof: this.#pointsOf(own), c, words, refundAddresses, beneficiary };
    });
    const onState = (state: SubmitState): void => this.#tell(numbers, state);
    const outcome = await this.#parts.submitter.submit(calls, { signal, onState, blob }).finally(() => {
      for (const { number } of run) this.#submissions.delete(number);
    });
    const [own] = run as [Proven];
    switch (outcome.kind) {
      case "mined": {
        const taken = run.filter(({ number }) => number <= outcome.upTo);
        for (const { c } of taken) this.#mined.set(c, outcome.block);
        this.#setback = undefined;
        const contents = taken.map(({ request }) => contentsOf(request));
        if (taken.length === outcome.count) this.#parts.pricing.note(outcome.gasUsed, ...contents);
        return;
      }
      case "parted": {
        this.#parts.parcelling!.part(closed!, outcome.most);
        const what = `L1 does not take ${nameOf(numbers)} together (${outcome.reason})`;
        throw new SheafError("L1_REVERTED", `${what}: ${outcome.most} at most share a blob with the first one now`);
      }
      case "superseded":
        throw new SheafError("BATCH_SUPERSEDED", `L1 has another's batch ${own.number}`);
      case "reverted":
        if (outcome.reason === INVALID_PROOF) this.#discardProof(own);
        // The next step drops it: batches that are made meanwhile would stand on it.
        else if (!OF_THE_SENDER.includes(outcome.reason)) this.#refusals.set(own.c, outcome.reason);
        throw new SheafError("L1_REVERTED", `the contract refuses batch ${own.number}: ${outcome.reason}`);
    }
  }

  /** A proof of an older version's may have another form than L1 takes. */
  #pointsOf(own: Proven): SolidityProof {
    try {
      return solidityProof(own.proof.proof);
    } catch (error) {
      this.#discardProof(own);
      throw error;
    }
  }

  /**
   * Has a batch proven anew, whose proof L1 refuses: whatever the keys here say, it would be refused for ever. More slowly
   * each time, and sent again meanwhile: several say more about L1's node, or its verifier, than about any proof.
   */
  #discardProof({ number, c, proof: { proof } }: Proven): void {
    const { pool, emit, clock, retryPause } = this.#parts;
    const { count, until } = this.#refused.get(c) ?? { count: 0, until: 0 };
    if (clock.elapsed() < until || pool.batches.find(number)?.c !== c) return;
    this.#refused.set(c, { proof, count: count + 1, until: clock.elapsed() + backoff(retryPause, count + 2) });
    pool.transaction(() => {
      pool.batches.dropProof(number);
      pool.operations.unproven(number);
    });
    emit({ type: "batch", number });
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof SheafError ? `${error.code}: ${error.message}` : String(error);

function hindrance(state: SubmitState): string | undefined {
  if (state.phase === "refused") return state.reason;
  if (state.phase === "early") return `L1's time has not come to its own, ${isoTime(state.timestamp)}`;
  if (state.phase !== "expensive") return undefined;
  return `${state.what === "gas" ? "a gas" : "a blob's gas"} costs ${state.needed} wei, which is above the cap of ${state.cap}`;
}
const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** The contract's error where the verifier of the batch's size says no. */
const INVALID_PROOF = "InvalidProof";
