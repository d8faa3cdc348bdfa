import type { Account } from "../../protocol/account.ts";
import { RollupState } from "../../protocol/state.ts";
import { afterL1Operation, applyMovements } from "../../protocol/transition.ts";
import type { OwnBatch } from "../pool/batches.ts";
import { Directory, type AccountSource } from "../pool/directory.ts";
import { isCreation } from "../pool/operation.ts";
import type { Pool } from "../pool/pool.ts";
import type { Store } from "../store/store.ts";
import { LayeredState, type Changes } from "./layered-state.ts";
import { RememberedState } from "./remembered-state.ts";

/** Batches of L1's in a row that leave most accounts as they were. */
const FEW = 8;

/** What the next batch goes on from. */
export interface Tip {
  readonly number: number;
  readonly timestamp: number;
  readonly root: bigint;
  readonly queueEnd: number;
}

/** The last batch on L1. */
export function tipOf(store: Store): Tip {
  const { number, timestamp } = store.lastBatch ?? { number: 0, timestamp: 0 };
  return { number, timestamp, root: store.state().root, queueEnd: store.queueBounds.head };
}

/** Where an own batch leads. */
export const tipAfter = ({ number, request, root, queueEnd }: OwnBatch): Tip => {
  return { number, timestamp: request.timestamp, root, queueEnd };
};

/** The own batches that L1 does not have yet, and the state after them. */
export class Ahead {
  readonly #store: Store;
  readonly #pool: Pool;
  readonly #spendsQueue: boolean;
  /** What the batches change, by their commitment: computed once. */
  readonly #changes = new Map<bigint, Changes>();
  #batches: readonly OwnBatch[] = [];
  /** L1's last batch: its number, and the hash of all up to it. */
  #last = 0;
  #chain: string | undefined;
  /** How often the store had gone back then. */
  #retreats = 0;
  /** The state after it. */
  #base: RememberedState;
  /** Operations that had joined L1's queue then, if these count. */
  #queued = 0;

  /** @param spendsQueue whether `prospect` has L1's queue in it */
  constructor(store: Store, pool: Pool, spendsQueue = false) {
    this.#store = store;
    this.#pool = pool;
    this.#spendsQueue = spendsQueue;
    this.#base = new RememberedState(store.stored(this.#last));
  }

  /**
   * Takes up what the files say now: what of the pool's batches is beyond L1's last one must go on from it.
   *
   * @returns whether that is something else than before
   */
  reset(): boolean {
    const last = this.#store.lastBatch;
    const batches = this.#pool.batches.from((last?.number ?? 0) + 1);
    const basis = [last?.chain, ...batches.map(({ c }) => c)].join();
    const wentBack = this.#store.retreats !== this.#retreats;
    const queued = this.#spendsQueue ? this.#store.queueBounds.tail : 0;
    const isSame = !wentBack && queued === this.#queued;
    if (isSame && basis === [this.#chain, ...this.#batches.map(({ c }) => c)].join()) return false;
    if (wentBack) {
      // Where the batches came again in other blocks, accounts may have been read while some of them were missing.
      this.#base = new RememberedState(this.#store.stored(last?.number ?? 0));
      this.#changes.clear();
      this.#retreats = this.#store.retreats;
    } else if (last?.chain !== this.#chain) this.#base = this.#baseAt(last?.number ?? 0);
    [this.#last, this.#chain, this.#batches, this.#queued] = [last?.number ?? 0, last?.chain, batches, queued];
    const needed = new Set(batches.map(({ c }) => c));
    for (const c of this.#changes.keys()) if (!needed.has(c)) this.#changes.delete(c);
    return true;
  }

  /** A batch that was just made is under way. */
  push(batch: OwnBatch, changes: Changes): void {
    this.#changes.set(batch.c, changes);
    this.#batches = [...this.#batches, batch];
  }

  /** In order. */
  get batches(): readonly OwnBatch[] {
    return this.#batches;
  }

  get tip(): Tip {
    const last = this.#batches.at(-1);
    return last === undefined ? tipOf(this.#store) : tipAfter(last);
  }

  /** The state after all batches under way, or before the one of a number. */
  state(before = Infinity): LayeredState {
    const base = this.#base;
    const layers: Changes[] = [];
    for (const batch of this.#batches) {
      if (batch.number >= before) break;
      layers.push(this.#changesOf(batch, new LayeredState(base, layers)));
    }
    return new LayeredState(base, layers);
  }

  /** What the next operation meets: the state after all batches under way and, if that may be spent, after L1's queue. */
  prospect(): AccountSource {
    const state = this.state();
    if (!this.#spendsQueue) return state;
    const opened = this.#pool.operations.pending().filter(isCreation);
    const reserved = opened.map(({ accepted }) => accepted.operation);
    // From the first index on, gaps included: so that each deposit keeps its own, however many a batch takes of them.
    const directory = new Directory(state, reserved, [], 1);
    const accounts = new Map<number, Account>();
    for (const operation of directory.withIndexes(this.#store.waiting(this.tip.queueEnd))) {
      const { index } = operation;
      const after = afterL1Operation(accounts.get(index) ?? state.account(index), operation);
      if (after !== undefined) accounts.set(index, after);
    }
    return new LayeredState(state, [{ accounts, nodes: new Map() }]);
  }

  #baseAt(batch: number): RememberedState {
    const stored = this.#store.stored(batch);
    const isNext =
      batch > this.#last && batch <= this.#last + FEW && this.#store.batch(this.#last)?.chain === this.#chain;
    return isNext ? this.#base.movedTo(stored, stored.changedSince(this.#last)) : new RememberedState(stored);
  }

  #changesOf({ c, request }: OwnBatch, before: LayeredState): Changes {
    const known = this.#changes.get(c);
    if (known !== undefined) return known;
    const state = new RollupState(before);
    applyMovements(state, request);
    this.#changes.set(c, state.changes);
    return state.changes;
  }
}
