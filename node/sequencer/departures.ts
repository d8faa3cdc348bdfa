import type { TimedProof } from "../../prover/prover.ts";
import type { Clock } from "../clock.ts";
import type { OwnBatch, OwnBatchWithProof } from "../pool/batches.ts";
import { isIn } from "../pool/journal.ts";
import type { Pool } from "../pool/pool.ts";
import type { Store } from "../store/store.ts";
import { roomForBatches } from "../submitter/call.ts";
import { contentsOf } from "./contents.ts";
import { mayDepart, type DeparturePolicy, type Gathering } from "./departure.ts";
import { isProofAt, type Closed, type Open, type Parcelling } from "./parcelling.ts";
import type { BatchPolicy } from "./policy.ts";
import type { Pricing } from "./pricing.ts";
import type { Ahead } from "./unconfirmed-state.ts";

export interface DepartureParts {
  readonly store: Store;
  readonly pool: Pool;
  readonly ahead: Ahead;
  readonly pricing: Pick<Pricing, "savedTogether">;
  readonly departure: DeparturePolicy;
  readonly policy: BatchPolicy;
  /** Parts batches among blobs, in a rollup whose transfers are in blobs. */
  readonly parcelling?: Parcelling | undefined;
  /** Milliseconds between looks at L1. */
  readonly pollInterval: number;
  readonly clock: Clock;
}

export type Proven = OwnBatch & { readonly proof: TimedProof };

/** What is to be done for the batches under way. */
export interface Work {
  /** To be proven. */
  readonly unproven: readonly Placed[];
  /** To be submitted, each in a transaction of its own. */
  readonly runs: readonly Run[];
  /** To share a blob from now on. */
  readonly closing?: readonly OwnBatch[] | undefined;
  /** That wait for others to leave with. */
  readonly waiting: readonly OwnBatch[];
}

/** A batch, and where its blob is evaluated if it has one. */
export interface Placed {
  readonly own: OwnBatch;
  readonly z: bigint | undefined;
}

/** Proven batches that go to L1 together, and their blob if they have one. */
export interface Run {
  readonly batches: readonly Proven[];
  readonly closed?: Closed<Proven>;
}

/** Whether L1 has a batch, though the store may not know yet. */
type IsMined = (batch: OwnBatch) => boolean;

/** Says which of the batches under way are to be proven, and which of them leave for L1 together. */
export class Departures {
  readonly #parts: DepartureParts;
  /** Since when a batch could leave, or share a blob, by its commitment and the clock's elapsed milliseconds. */
  readonly #readySince = new Map<bigint, number>();
  /** Which of the departures a batch has left with, by its commitment. */
  readonly #departures = new Map<bigint, number>();
  #departed = 0;
  /** Batches that a blob is being made of. */
  #begun: readonly OwnBatch[] | undefined;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** What has left stays together, whatever is ready after it. */
  workOf(batches: readonly OwnBatchWithProof[], isMined: IsMined): Work {
    const wanted = new Set(batches.map(({ c }) => c));
    for (const known of [this.#readySince, this.#departures]) {
      for (const c of known.keys()) if (!wanted.has(c)) known.delete(c);
    }
    const { parcelling } = this.#parts;
    return parcelling === undefined ? this.#inCalldata(batches, isMined) : this.#inBlobs(batches, isMined, parcelling);
  }

  /** Whether batches may have to wait for one another. */
  get mayGather(): boolean {
    const { departure, ahead, parcelling } = this.#parts;
    // The next one waits to share a blob while this one is being proven.
    return departure.most > 1 && ahead.batches.length > (parcelling === undefined ? 1 : 0);
  }

  #inCalldata(batches: readonly OwnBatchWithProof[], isMined: IsMined): Work {
    const unproven = batches.filter((batch) => !isProven(batch));
    const [next] = unproven;
    const ready = batches
      .filter((batch) => next === undefined || batch.number < next.number)
      .filter(isProven)
      .filter((batch) => !isMined(batch));
    const { runs, waiting } = this.#runsOf(ready, next);
    const placed = unproven.map((own) => ({ own, z: undefined }));
    return { unproven: placed, runs: runs.map((run) => ({ batches: run })), waiting };
  }

  /** Batches are parted first, then proven, and go to L1 as they were parted. */
  #inBlobs(batches: readonly OwnBatchWithProof[], isMined: IsMined, parcelling: Parcelling): Work {
    const { closed, open } = parcelling.arrange(batches);
    const unproven: Placed[] = [];
    const runs: Run[] = [];
    for (const { parcel, batches: all } of closed) {
      const proven = all.filter(isProven).filter(({ proof }) => isProofAt(proof, parcel.z));
      for (const own of all) if (!proven.some(({ c }) => c === own.c)) unproven.push({ own, z: parcel.z });
      // What comes after a batch that is not proven yet cannot come to L1 before it.
      if (unproven.length > 0 || isMined(all[0]!)) continue;
      if (open.length > 0 && open[0]!.batches[0]!.number < all[0]!.number) continue;
      runs.push({ batches: proven, closed: { parcel, batches: proven } });
    }
    const [first] = open;
    const closing = first && this.#closing(first, parcelling, unproven.length > 0);
    this.#begun = closing;
    return { unproven, runs, closing, waiting: closing === undefined ? (first?.batches ?? []) : [] };
  }

  /**
   * Those of batches without a blob that share one from now on, the first ones; `undefined` while they wait for others.
   *
   * @param isBusy whether other batches are being proven: these would have to wait anyway
   */
  #closing(open: Open, parcelling: Parcelling, isBusy: boolean): readonly OwnBatch[] | undefined {
    const { departure, ahead, policy, pricing } = this.#parts;
    this.#noteReady(open.batches);
    const run = open.batches.slice(0, parcelling.room(open, departure.most));
    const begun = this.#begun;
    if (begun !== undefined && begun.every(({ c }, i) => open.batches[i]?.c === c)) return begun;
    const isFull =
      open.isBounded ||
      run.length >= departure.most ||
      run.length < open.batches.length ||
      ahead.batches.length >= policy.maxUnderWay ||
      parcelling.isFull(run);
    const saving = isBusy ? pricing.savedTogether(contentsOf(run.at(-1)!.request)) : undefined;
    return mayDepart(departure, this.#gathering(run, { isFull, saving })) ? run : undefined;
  }

  /**
   * What is on its way, or leaves now, each in a transaction of its own.
   *
   * @param next the batch after these, which is being proven
   */
  #runsOf(
    ready: readonly Proven[],
    next: OwnBatch | undefined,
  ): { readonly runs: readonly (readonly Proven[])[]; readonly waiting: readonly Proven[] } {
    const runs: (readonly Proven[])[] = [];
    for (let rest = ready; rest.length > 0;) {
      const run = this.#leftBefore(rest) ?? this.#leaving(rest, next);
      if (run.length > 0) runs.push(run);
      else return { runs, waiting: rest };
      rest = rest.slice(run.length);
    }
    return { runs, waiting: [] };
  }

  /** Those of these that have left together, from the first one on: as far as is known here, or was noted before a restart. */
  #leftBefore(rest: readonly Proven[]): readonly Proven[] | undefined {
    const [{ number, c }] = rest as [Proven];
    if (!this.#departures.has(c)) {
      const sent = this.#parts.pool.journal.ofBatch(number).findLast(({ first }) => first === number);
      const missing = rest.findIndex((own) => sent === undefined || !isIn(own, sent.raw));
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
    const { pricing, departure } = this.#parts;
    this.#noteReady(rest);
    const all = next === undefined ? rest : [...rest, next];
    const room = Math.min(departure.most, roomForBatches(all));
    const run = rest.slice(0, room);
    const saving = next && pricing.savedTogether(contentsOf(next.request));
    if (!mayDepart(departure, this.#gathering(run, { isFull: room < all.length, saving }))) return [];
    this.#depart(run);
    return run;
  }

  #noteReady(batches: readonly OwnBatch[]): void {
    const now = this.#parts.clock.elapsed();
    for (const { c } of batches) if (!this.#readySince.has(c)) this.#readySince.set(c, now);
  }

  #gathering(run: readonly OwnBatch[], rest: Pick<Gathering, "isFull" | "saving">): Gathering {
    const { store, departure, clock, pollInterval } = this.#parts;
    const now = clock.elapsed();
    const oldest = store.queued(store.queueBounds.head);
    return {
      waits: run.map(({ c }) => now - this.#readySince.get(c)! + pollInterval),
      isUrgent: oldest !== undefined && oldest.deadline * 1000 < clock.now() + departure.longestWait,
      ...rest,
    };
  }
}

const isProven = (batch: OwnBatchWithProof): batch is Proven => batch.proof !== undefined;
