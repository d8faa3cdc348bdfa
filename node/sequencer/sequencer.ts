import { SheafError } from "../../protocol/errors.ts";
import { inSlices } from "../../protocol/slices.ts";
import type { Steps } from "../../protocol/steps.ts";
import { doubtsAbout, type Followed, type Follower } from "../follow/follower.ts";
import type { L1 } from "../l1/l1.ts";
import { isSigned, longestWaiting } from "../pool/operation.ts";
import { backoff } from "./backoff.ts";
import { Builder, type BuilderParts } from "./builder.ts";
import { Deliveries, type DeliveryParts, type Trouble } from "./deliveries.ts";
import { L1Time, type TimeRange } from "./l1-time.ts";
import { Movement } from "./movement.ts";
import { hasWaited } from "./policy.ts";
import type { Pricing } from "./pricing.ts";
import { reconcileSteps } from "./reconciliation.ts";
import { Verdicts } from "./verdicts.ts";
import type { Vitals } from "./vitals.ts";

export interface SequencerParts extends BuilderParts, DeliveryParts {
  readonly pricing: Pricing;
  readonly l1: L1;
  readonly follower: Follower;
  /** Puts a store that was read from L1 again in the place of a damaged one. */
  readonly restore: () => Promise<void>;
  /** Told of every failure; the node goes on. */
  readonly onFailure: (what: string, error: unknown) => void;
}

/** What a look at L1 found: its newest block, and its time. */
interface Look {
  readonly block: number;
  readonly time: TimeRange;
}

/** What keeps a rollup going: follows L1, makes batches of what waits, has them proven and submits them. */
export class Sequencer {
  readonly #parts: SequencerParts;
  readonly #builder: Builder;
  readonly #deliveries: Deliveries;
  /** Ends a pause: something has ended since the last step began. */
  #wake = new AbortController();
  readonly #time = new L1Time();
  readonly #verdicts: Verdicts;
  #queueTail: number;
  #doubt: string | undefined;
  /** Looks at L1 that failed in a row, since when by the clock's elapsed milliseconds, and why the last did. */
  #failing: { readonly count: number; readonly since: number; readonly error: unknown } | undefined;
  readonly #movement: Movement;

  constructor(parts: SequencerParts) {
    this.#parts = parts;
    this.#queueTail = parts.store.queueBounds.tail;
    this.#movement = new Movement(parts.clock);
    this.#builder = new Builder(parts);
    this.#verdicts = new Verdicts(parts);
    this.#deliveries = new Deliveries(parts, (what, error) => {
      if (error !== undefined) parts.onFailure(what, error);
      this.#wake.abort();
    });
  }

  /** Goes on until the signal, whatever fails. */
  async run(signal: AbortSignal): Promise<void> {
    const { pollInterval, onFailure, clock } = this.#parts;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.step();
        failures = 0;
      } catch (error) {
        onFailure("step", error);
        failures++;
      }
      // Work that was done meanwhile is not a reason to bother a node that does not answer.
      const ends = failures === 0 ? [signal, this.#wake.signal] : [signal];
      await clock.pause(backoff(pollInterval, failures), AbortSignal.any(ends));
    }
    await this.stop();
  }

  /** What keeps batches under way from going on. */
  troubles(): readonly Trouble[] {
    return this.#deliveries.troubles();
  }

  /** How its work gets on. */
  vitals(): Vitals {
    const { ahead, mempool, clock } = this.#parts;
    const [now, elapsed, failing] = [clock.now(), clock.elapsed(), this.#failing];
    const [batch] = ahead.batches;
    const operation = longestWaiting(mempool.ready, now);
    const ageOf = (since: number): number => Math.max(0, now - since);
    this.#noteMovement();
    return {
      ...(failing && { failing: { ...failing, duration: elapsed - failing.since } }),
      stalled: this.#movement.stalled,
      ...(batch && {
        batch: {
          number: batch.number,
          age: ageOf(batch.madeAt),
          submission: this.#deliveries.submissionOf(batch.number)?.state.phase,
          delivery: this.#deliveries.submissionOf(batch.number)?.numbers,
        },
      }),
      ...(operation && { operation: { id: operation.id, age: ageOf(operation.since) } }),
    };
  }

  /** Ends proofs and submissions. */
  stop(): Promise<void> {
    return this.#deliveries.stop();
  }

  /** Looks at L1 once and does what follows. Proofs and submissions go on when it returns. */
  async step(): Promise<void> {
    this.#wake = new AbortController();
    try {
      await this.#step();
      this.#failing = undefined;
    } catch (error) {
      const { count, since } = this.#failing ?? { count: 0, since: this.#parts.clock.elapsed() };
      this.#failing = { count: count + 1, since, error };
      throw error;
    } finally {
      this.#noteMovement();
    }
  }

  /** Notes which work has got on. */
  #noteMovement(): void {
    const { store, ahead } = this.#parts;
    const marks = [store.lastBatch?.number ?? 0, this.#deliveries.provenUpTo, ahead.tip.number];
    this.#movement.note(marks, this.#isWaiting);
  }

  /** Whether something waits for the node. An operation that may wait for others does not yet. */
  get #isWaiting(): boolean {
    const { ahead, mempool, clock, policy } = this.#parts;
    const now = clock.now();
    const operation = longestWaiting(mempool.ready, now);
    const queueSince = this.#builder.queueSince(ahead.tip.queueEnd);
    return (
      ahead.batches.length > 0 ||
      (operation !== undefined && hasWaited(operation.since, policy.longestWait, now)) ||
      (queueSince !== undefined && hasWaited(queueSince, policy.maxQueueAge, now))
    );
  }

  /** Looks at L1 once, and makes nothing of it: no batch, no proof, no submission. */
  async look(): Promise<Look> {
    const { l1, follower, mempool, store } = this.#parts;
    if (store.damage !== undefined) await this.#parts.restore();
    const followed = await follower.sync();
    const block = followed.block.number;
    this.#tellDoubts(followed);
    const head = await l1.requireBlock(block);
    this.#announceQueue();
    const time = this.#time.note(head.timestamp);
    await this.#heldUp(this.reconciliation(time));
    await this.#heldUp(mempool.timeSteps(time.earliest));
    return { block, time };
  }

  /** Resolves when a proof or a submission ends, or at once if one has ended since the last step began. */
  async workEnded(): Promise<void> {
    const { signal } = this.#wake;
    if (!signal.aborted) await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
  }

  async #step(): Promise<void> {
    const { mempool } = this.#parts;
    const { block, time } = await this.look();
    try {
      await this.#reject(block);
      await this.#openFeeAccounts();
      const { pricing } = this.#parts;
      if ((pricing.charges && mempool.ready.length > 0) || this.#deliveries.mayGather) await pricing.refresh();
      await this.#build(time);
    } finally {
      this.#deliveries.pursue();
    }
  }

  /** What nothing can bring about any more. */
  async #reject(block: number): Promise<void> {
    const { pool, ahead, mempool } = this.#parts;
    // What it lacked may have come meanwhile.
    const rejected = [...(await this.#verdicts.look(block))].filter(([id]) => mempool.held.has(id));
    if (rejected.length === 0) return;
    pool.transaction(() => {
      for (const [id, reason] of rejected) pool.operations.reject(id, reason);
    });
    await this.#heldUp(mempool.resetSteps(ahead.prospect()));
  }

  /** Does work in slices, while nothing is taken in. */
  async #heldUp(steps: Steps<void>): Promise<void> {
    const release = this.#parts.mempool.hold();
    try {
      await inSlices(steps, this.#parts.clock);
    } finally {
      release();
    }
  }

  async #build(time: TimeRange): Promise<void> {
    while (this.#deliveries.mayGoOn) {
      const assembled = await this.#builder.build(time);
      if (assembled === undefined) return;
      this.#deliveries.remember(assembled.own, assembled.batch);
      this.#parts.emit({ type: "batch", number: assembled.own.number });
    }
  }

  /** Brings everything in line with the store. Nothing may be taken in meanwhile. */
  *reconciliation(time?: TimeRange): Steps<void> {
    const { store, pool, ahead, mempool, emit } = this.#parts;
    const before = pool.seen.last;
    yield* this.#deliveries.dropRefused();
    yield* reconcileSteps(store, pool, time);
    if (!ahead.reset()) return;
    yield;
    yield* mempool.resetSteps(ahead.prospect());
    const first = Math.min(before.number, store.lastBatch?.number ?? 0);
    for (let number = first + 1; number <= ahead.tip.number; number++) emit({ type: "batch", number });
    emit({ type: "state" });
  }

  /** Once, until there are others. */
  #tellDoubts(followed: Followed): void {
    const doubt = followed.refusal;
    if (doubt !== undefined && doubt !== this.#doubt) {
      this.#parts.onFailure("check of L1", new SheafError("RPC_REFUSED", doubtsAbout(followed).join("; ")));
    }
    this.#doubt = doubt;
  }

  /** Where fees wait that nobody could be credited with. */
  async #openFeeAccounts(): Promise<void> {
    const { mempool, feeOwner } = this.#parts;
    const paying = mempool.ready.filter(isSigned).filter(({ accepted }) => accepted.operation.fee > 0n);
    if (paying.length === 0) return;
    const directory = mempool.directory();
    for (const token of new Set(paying.map(({ accepted }) => accepted.operation.token))) {
      if (directory.find(feeOwner, token) === undefined) await mempool.openAccount(feeOwner, token, { isOwn: true });
    }
  }

  /** Operations that joined L1's queue. */
  #announceQueue(): void {
    const { tail } = this.#parts.store.queueBounds;
    for (let place = this.#queueTail; place < tail; place++) {
      this.#parts.emit({ type: "transaction", id: `queue-${place}` });
    }
    this.#queueTail = tail;
  }
}
