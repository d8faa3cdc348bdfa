import type { Contents } from "../../l1/batch-gas.ts";
import { batchSteps, type Batch } from "../../protocol/batch.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import { inSlices } from "../../protocol/slices.ts";
import { RollupState } from "../../protocol/state.ts";
import type { Steps } from "../../protocol/steps.ts";
import { solidityProof, type SolidityProof } from "../../prover/files/proof-format.ts";
import type { Groth16Proof, TimedProof } from "../../prover/prover.ts";
import type { Clock } from "../clock.ts";
import { addressOf } from "../follow/addresses.ts";
import type { OwnBatch, OwnBatchWithProof } from "../pool/batches.ts";
import type { Pool } from "../pool/pool.ts";
import type { BatchProver } from "../proving.ts";
import type { Store } from "../store/store.ts";
import { roomForBatches } from "../submitter/call.ts";
import type { Numbers } from "../submitter/nonces.ts";
import type { BatchSubmitter, SubmitState } from "../submitter/submission.ts";
import { BackgroundJobs } from "./background-jobs.ts";
import { backoff } from "./backoff.ts";
import { mayDepart, type DeparturePolicy } from "./departure.ts";
import type { NodeEvent } from "./events.ts";
import type { Pricing } from "./pricing.ts";
import { dropBatches } from "./reconciliation.ts";
import type { Ahead } from "./unconfirmed-state.ts";

export interface DeliveryParts {
  readonly store: Store;
  readonly pool: Pool;
  readonly ahead: Ahead;
  /** By id. */
  readonly sizes: readonly BatchSize[];
  readonly prover: BatchProver;
  readonly submitter: BatchSubmitter;
  readonly pricing: Pick<Pricing, "note" | "savedTogether">;
  readonly departure: DeparturePolicy;
  /** Milliseconds between looks at L1. */
  readonly pollInterval: number;
  /** Milliseconds before what failed is tried again. */
  readonly retryPause: number;
  readonly clock: Clock;
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

type Proven = OwnBatch & { readonly proof: TimedProof };

interface RefusedProof {
  readonly proof: Groth16Proof;
  /** How many of the batch's L1 has refused. */
  readonly count: number;
  /** None is made anew before, by the clock's elapsed milliseconds. */
  readonly until: number;
}

/**
 * Has the batches under way proven, side by side, and submits them in their order: several in one transaction, if they are
 * ready at about the same time. What has left stays together, whatever is ready after it.
 */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #jobs: BackgroundJobs;
  /** What is proven, by its commitment. */
  readonly #built = new Map<bigint, Batch>();
  /** Block that a batch was mined in, by its commitment: L1 has it, though the store may not know yet. */
  readonly #mined = new Map<bigint, number>();
  /** What batches wait for on their way to L1, by their number. */
  readonly #submissions = new Map<number, Submission>();
  /** Since when a batch could leave, by its commitment and the clock's elapsed milliseconds. */
  readonly #readySince = new Map<bigint, number>();
  /** Which of the departures a batch has left with, by its commitment. */
  readonly #departures = new Map<bigint, number>();
  #departed = 0;
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
    for (const known of [this.#built, this.#mined, this.#refused, this.#readySince, this.#departures]) {
      for (const c of known.keys()) if (!wanted.has(c)) known.delete(c);
    }
    const unproven = batches.filter((batch) => !isProven(batch));
    const [next] = unproven;
    const ready = batches
      .filter((batch) => next === undefined || batch.number < next.number)
      .filter(isProven)
      .filter(({ c }) => !((this.#mined.get(c) ?? -1) > store.cursor.number));
    const runs = this.#runsOf(ready, next);
    this.#jobs.keepOnly(new Set([...batches.map(proofOf), ...runs.map(submissionOf)]));
    for (const batch of unproven) this.#jobs.start(proofOf(batch), (signal) => this.#prove(batch, signal));
    for (const run of runs) {
      if (!this.#jobs.start(submissionOf(run), (signal) => this.#submit(run, signal))) return;
    }
  }

  /** Whether batches may have to wait for one another. */
  get mayGather(): boolean {
    return this.#parts.departure.most > 1 && this.#parts.ahead.batches.length > 1;
  }

  /**
   * What is on its way, or leaves now, each in a transaction of its own.
   *
   * @param next the batch after these, which is being proven
   */
  #runsOf(ready: readonly Proven[], next: OwnBatch | undefined): readonly (readonly Proven[])[] {
    const runs: (readonly Proven[])[] = [];
    for (let rest = ready; rest.length > 0;) {
      const run = this.#leftBefore(rest) ?? this.#leaving(rest, next);
      if (run.length > 0) runs.push(run);
      else return (this.#gather(rest), runs);
      rest = rest.slice(run.length);
    }
    this.#gather([]);
    return runs;
  }

  /** Those of these that have left together, from the first one on: as far as is known here, or was noted before a restart. */
  #leftBefore(rest: readonly Proven[]): readonly Proven[] | undefined {
    const [{ number, c }] = rest as [Proven];
    if (!this.#departures.has(c)) {
      const sent = this.#parts.pool.journal.ofBatch(number).findLast(({ first }) => first === number);
      const missing = rest.findIndex(({ words }) => !sent?.raw.includes(Buffer.from(words).toString("hex")));
      if (missing === 0) return undefined;
      this.#depart(missing < 0 ? rest : rest.slice(0, missing));
    }
    const departure = this.#departures.get(c);
    const other = rest.findIndex((batch) => this.#departures.get(batch.c) !== departure);
    return other < 0 ? rest : rest.slice(0, other);
  }

  #depart(run: readonly Proven[]): void {
    this.#departed++;
    for (const { c } of run) this.#departures.set(c, this.#departed);
  }

  /** Those of these that leave now, from the first one on: none, if they wait for the next one. */
  #leaving(rest: readonly Proven[], next: OwnBatch | undefined): readonly Proven[] {
    const { store, pricing, departure, clock, pollInterval } = this.#parts;
    const now = clock.elapsed();
    for (const { c } of rest) if (!this.#readySince.has(c)) this.#readySince.set(c, now);
    const all = next === undefined ? rest : [...rest, next];
    const room = Math.min(departure.most, roomForBatches(all));
    const run = rest.slice(0, room);
    const oldest = store.queued(store.queueBounds.head);
    const gathering = {
      waits: run.map(({ c }) => now - this.#readySince.get(c)! + pollInterval),
      isFull: room < all.length,
      isUrgent: oldest !== undefined && oldest.deadline * 1000 < clock.now() + departure.longestWait,
      saving: next && pricing.savedTogether(contentsOf(next.request)),
    };
    if (!mayDepart(departure, gathering)) return [];
    this.#depart(run);
    return run;
  }

  /** Tells of those that wait for others, and of no more. */
  #gather(waiting: readonly Proven[]): void {
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

  async #prove(own: OwnBatch, signal: AbortSignal): Promise<void> {
    const { pool, ahead, sizes, prover, emit, clock } = this.#parts;
    const { number } = own;
    // Its operations were taken in here, and their signatures verified.
    const rebuild = (): Promise<Batch> =>
      inSlices(
        batchSteps(new RollupState(ahead.state(number)), sizes[own.size]!, own.request, { areVerified: true }),
        clock,
      );
    const batch = this.#built.get(own.c) ?? (await rebuild());
    const onProgress = (phase: string, fraction: number): void => emit({ type: "progress", number, phase, fraction });
    const proof = await prover.prove(batch, { signal, onProgress, refused: this.#refused.get(own.c)?.proof });
    // It may have been given up, and another one with this number made, when the proof was ready.
    if (pool.batches.find(number)?.c !== own.c) return;
    pool.transaction(() => {
      pool.batches.addProof(number, proof);
      pool.operations.proven(number);
    });
    this.#built.delete(own.c);
    this.#provenUpTo = Math.max(this.#provenUpTo, number);
    emit({ type: "batch", number });
  }

  async #submit(run: readonly Proven[], signal: AbortSignal): Promise<void> {
    const numbers = numbersOf(run);
    const calls = run.map((own) => {
      const { number: batchNumber, size, c, words, refundAddresses, request } = own;
      // Its own, whatever this node is told today: the proof is good for no other.
      const beneficiary = addressOf(request.beneficiary);
      return { batchNumber, size, proof: this.#pointsOf(own), c, words, refundAddresses, beneficiary };
    });
    const onState = (state: SubmitState): void => this.#tell(numbers, state);
    const outcome = await this.#parts.submitter.submit(calls, { signal, onState }).finally(() => {
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
  return `a gas costs ${state.needed} wei, which is above the cap of ${state.cap}`;
}
const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** The contract's error where the verifier of the batch's size says no. */
const INVALID_PROOF = "InvalidProof";
/** Its errors that say nothing about the batch. */
const OF_THE_SENDER: readonly string[] = ["NotOperator", "NotDirectCall"];

const contentsOf = ({ l1Operations, withdrawals, transfers }: BatchRequest): Contents => {
  return { l1Operations: l1Operations.length, withdrawals: withdrawals.length, transfers: transfers.length };
};

const proofOf = ({ number, c }: OwnBatch): string => `proof of batch ${number}, c = ${c}`;
const submissionOf = (run: readonly OwnBatch[]): string =>
  `submission of ${nameOf(numbersOf(run))}, c = ${run.map(({ c }) => c).join()}`;

const isProven = (batch: OwnBatchWithProof): batch is Proven => batch.proof !== undefined;

const numbersOf = (run: readonly OwnBatch[]): Numbers => ({ first: run[0]!.number, last: run.at(-1)!.number });

const nameOf = ({ first, last }: Numbers): string =>
  first === last ? `batch ${first}` : `batches ${first} to ${last}`;
