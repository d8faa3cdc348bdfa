import type { Owner } from "../../protocol/account.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { inSlices } from "../../protocol/slices.ts";
import type { Steps } from "../../protocol/steps.ts";
import { totalFees } from "../../protocol/transition.ts";
import type { Clock } from "../clock.ts";
import type { Mempool } from "../pool/mempool.ts";
import { isGift, type Status } from "../pool/operation.ts";
import type { Pool } from "../pool/pool.ts";
import type { QueuedOperation, Store } from "../store/store.ts";
import { assemblySteps, type Assembled } from "./assembly.ts";
import { draftSteps, worth, type Draft } from "./draft.ts";
import type { TimeRange } from "./l1-time.ts";
import type { LayeredState } from "./layered-state.ts";
import { Timing, type BatchPolicy } from "./policy.ts";
import type { Pricing } from "./pricing.ts";
import { isOverdue, mustTake } from "./proposal.ts";
import { byKind } from "./selection.ts";
import type { Ahead } from "./unconfirmed-state.ts";
import { isTimely } from "./validity.ts";

export interface BuilderParts {
  readonly store: Store;
  readonly pool: Pool;
  readonly mempool: Mempool;
  readonly ahead: Ahead;
  readonly domain: bigint;
  /** By id. */
  readonly sizes: readonly BatchSize[];
  readonly feeOwner: Owner;
  readonly beneficiary: bigint;
  /** Whether transfers go into blobs. */
  readonly inBlob: boolean;
  readonly policy: BatchPolicy;
  readonly pricing: Pick<Pricing, "pays">;
  readonly clock: Clock;
}

/** Operations of L1's queue that are looked at: however long it is, a batch takes a few. */
const MOST_QUEUED = 1_024;

const IN_A_BATCH: readonly (Status | undefined)[] = ["batched", "proven", "verified"];

/** Makes batches of what waits. Each is on the disk before anybody learns of it. */
export class Builder {
  readonly #parts: BuilderParts;
  /** When an operation of L1's queue was first seen to be old enough: milliseconds of Unix time, by place. */
  readonly #queueSince = new Map<number, number>();

  constructor(parts: BuilderParts) {
    this.#parts = parts;
  }

  /**
   * Makes a batch if one is due, and if L1's time is certain enough for its own. It takes a while, in slices, in which nothing
   * is taken in: what is made is made of what was there.
   */
  async build(time: TimeRange): Promise<Assembled | undefined> {
    const { mempool, clock } = this.#parts;
    const release = mempool.hold();
    try {
      return await inSlices(this.#build(time), clock);
    } finally {
      release();
    }
  }

  *#build(time: TimeRange): Steps<Assembled | undefined> {
    const { store, pool, mempool, ahead, domain, sizes, feeOwner, beneficiary, inBlob, policy, clock } = this.#parts;
    if (store.isFrozen || ahead.batches.length >= policy.maxUnderWay) return undefined;
    const tip = ahead.tip;
    const queued = this.#ripe(tip.queueEnd);
    const overdue = ahead.batches.length === 0 && isOverdue(store, time.earliest);
    const now = clock.now();
    const pending = mempool.ready;
    const waiting = { pending, queueSince: this.#queueSince.get(tip.queueEnd) };
    const timing = new Timing(policy, sizes, waiting, now);
    if (!overdue && !timing.isTime) return undefined;

    const timestamp = Math.max(time.earliest, tip.timestamp);
    if (!isTimely(timestamp, time)) return undefined;
    const state = ahead.state();
    const pays = (draft: Draft): boolean => this.#pays(draft, state);
    const ingredients = {
      ...{ state, pending, directory: mempool.directory(), feeOwner, sizes, timestamp },
      queued: overdue ? store.waiting(tip.queueEnd, MOST_QUEUED) : queued,
      mustTake: overdue ? mustTake(store) : 0,
      agedBefore: now - policy.longestWait,
      isPaid: (payment: string) => IN_A_BATCH.includes(pool.operations.find(payment)?.status),
      mayLeave: (draft: Draft) => (overdue ? worth(draft) > 0 : timing.mayLeave(draft, pays)),
    };
    const draft = yield* draftSteps(ingredients);
    if (!ingredients.mayLeave(draft)) return undefined;
    const assembled = yield* assemblySteps(draft, ingredients, { domain, timestamp, beneficiary, inBlob, tip, clock });
    pool.transaction(() => {
      pool.batches.add(assembled.own);
      pool.operations.batched(assembled.own.operations, assembled.own.number);
    });
    ahead.push(assembled.own, assembled.changes);
    yield;
    yield* mempool.resetSteps(ahead.prospect());
    return assembled;
  }

  /** When the operation at a place of L1's queue was first seen to be old enough: milliseconds of Unix time. */
  queueSince(place: number): number | undefined {
    return this.#queueSince.get(place);
  }

  /** Whether the fees of a draft pay for it. L1's queue was paid for on L1, and gifts are the operator's. */
  #pays({ token, signed, opened }: Draft, state: LayeredState): boolean {
    const { store, pricing } = this.#parts;
    const { withdrawals, transfers } = byKind(signed.map(({ accepted }) => accepted));
    const hasCredit = (from: number): boolean => {
      const sender = state.account(from);
      return sender !== undefined && store.books.withdrawable(token, sender.l1Address) > 0n;
    };
    return pricing.pays({
      ...{ token, fees: totalFees({ withdrawals, transfers }) },
      newCredits: withdrawals.filter(({ from }) => !hasCredit(from)).length,
      l1Operations: opened.filter((opening) => !isGift(opening)).length,
      withdrawals: withdrawals.length,
      transfers: transfers.length,
    });
  }

  /** What of L1's queue no batch has taken, and enough blocks have followed; as much as many batches take. */
  #ripe(from: number): readonly QueuedOperation[] {
    const { store, policy, clock } = this.#parts;
    const newest = store.cursor.number - policy.queueDepth;
    const ripe = store.waiting(from, MOST_QUEUED).filter(({ block }) => block <= newest);
    for (const place of this.#queueSince.keys()) {
      if (place < from || place >= from + ripe.length) this.#queueSince.delete(place);
    }
    const now = clock.now();
    for (const { place } of ripe) if (!this.#queueSince.has(place)) this.#queueSince.set(place, now);
    return ripe;
  }
}
