import type { Owner } from "../../protocol/account.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { Mempool } from "../pool/mempool.ts";
import type { Pool } from "../pool/pool.ts";
import { isOverdue, mustTake } from "../proposal.ts";
import type { QueuedOperation, Store } from "../store/store.ts";
import type { Ahead } from "./ahead.ts";
import { assemble, type Assembled } from "./assembly.ts";
import { draftBatch } from "./draft.ts";
import { isDue, type BatchPolicy } from "./policy.ts";

export interface BuilderParts {
  readonly store: Store;
  readonly pool: Pool;
  readonly mempool: Mempool;
  readonly ahead: Ahead;
  readonly domain: bigint;
  /** By id. */
  readonly sizes: readonly BatchSize[];
  readonly feeOwner: Owner;
  readonly policy: BatchPolicy;
}

/** Makes batches of what waits. Each is on the disk before anybody learns of it. */
export class Builder {
  readonly #parts: BuilderParts;
  /** When an operation of L1's queue was first seen to be old enough: milliseconds of Unix time, by place. */
  readonly #queueSince = new Map<number, number>();

  constructor(parts: BuilderParts) {
    this.#parts = parts;
  }

  /**
   * Makes a batch if one is due. What can never be done is rejected.
   *
   * @param time of L1's newest block, in seconds
   * @param patient whether what cannot be done now goes on waiting, as after a reorganisation
   */
  build(time: number, patient: boolean): Assembled | undefined {
    const { store, pool, mempool, ahead, domain, sizes, feeOwner, policy } = this.#parts;
    if (store.isFrozen || ahead.batches.length >= policy.maxUnderWay) return undefined;
    const tip = ahead.tip;
    const queued = this.#ripe(tip.queueEnd);
    const overdue = ahead.batches.length === 0 && isOverdue(store, time);
    const waiting = { pending: mempool.pending, queueSince: this.#queueSince.get(tip.queueEnd) };
    if (!overdue && !isDue(policy, sizes, waiting, Date.now())) return undefined;

    const timestamp = Math.max(time, tip.timestamp);
    const ingredients = {
      ...{ state: ahead.state(), pending: mempool.pending, directory: mempool.directory(), feeOwner, sizes, timestamp },
      queued: overdue ? store.waiting() : queued,
      mustTake: overdue ? mustTake(store) : 0,
      agedBefore: Date.now() - policy.maxAge,
      patient,
    };
    const draft = draftBatch(ingredients);
    const isEmpty = draft.l1Operations.length + draft.signed.length === 0;
    const assembled = isEmpty ? undefined : assemble(draft, ingredients, { domain, timestamp, tip });
    if (assembled === undefined && draft.rejected.length === 0) return undefined;
    pool.transaction(() => {
      for (const { id, reason } of draft.rejected) pool.operations.reject(id, reason);
      if (assembled === undefined) return;
      pool.batches.add(assembled.own);
      pool.operations.batched(assembled.own.operations, assembled.own.number);
    });
    if (assembled !== undefined) ahead.push(assembled.own, assembled.changes);
    mempool.reset(ahead.state());
    return assembled;
  }

  /** What of L1's queue no batch has taken, and enough blocks have followed. */
  #ripe(from: number): readonly QueuedOperation[] {
    const { store, policy } = this.#parts;
    const newest = store.cursor.number - policy.queueDepth;
    const ripe = store.waiting().filter(({ place, block }) => place >= from && block <= newest);
    for (const place of this.#queueSince.keys()) {
      if (place < from || place >= from + ripe.length) this.#queueSince.delete(place);
    }
    const now = Date.now();
    for (const { place } of ripe) if (!this.#queueSince.has(place)) this.#queueSince.set(place, now);
    return ripe;
  }
}
