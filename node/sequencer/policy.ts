import type { BatchSize } from "../../protocol/constants.ts";
import { isSigned, longestWaiting, waitingSince, type PooledOperation } from "../pool/operation.ts";
import { worth, type Draft } from "./draft.ts";

/** When a batch is made. Times are milliseconds of this machine. */
export interface BatchPolicy {
  /** The longest that a signed operation waits for a fuller batch, once a batch pays for itself. */
  readonly maxAge: number;
  /** The longest that it waits for a batch that does: then the operator pays the rest. Infinity: he never does. */
  readonly longestWait: number;
  /** The longest that an operation of L1's queue waits for a fuller batch, from when it may be taken. */
  readonly maxQueueAge: number;
  /** Blocks that must follow an operation of L1's queue before it is taken, so that a reorganisation costs no proof. */
  readonly queueDepth: number;
  /** Batches that may be under way: made, but not on L1. */
  readonly maxUnderWay: number;
}

/** What waits for a batch. */
export interface Waiting {
  /** In the order of arrival. */
  readonly pending: readonly PooledOperation[];
  /** When the first of the queue that may be taken was seen to be so. */
  readonly queueSince: number | undefined;
}

/** Says when a batch is made. L1's queue was paid for on L1; operations that were signed here pay by their fees. */
export class Timing {
  readonly #policy: BatchPolicy;
  readonly #waiting: Waiting;
  readonly #now: number;
  readonly #isFull: boolean;

  constructor(policy: BatchPolicy, sizes: readonly BatchSize[], waiting: Waiting, now: number) {
    this.#policy = policy;
    this.#waiting = waiting;
    this.#now = now;
    this.#isFull = canBeFull(sizes, waiting.pending);
  }

  /** Whether to look at all what a batch could take: one can be full, or something has waited long enough. */
  get isTime(): boolean {
    const longest = longestWaiting(this.#waiting.pending, this.#now);
    return (
      this.#isFull || this.#isQueueDue || (longest !== undefined && this.#hasWaited(longest.since, this.#policy.maxAge))
    );
  }

  /**
   * Whether a batch may be made: it pays for itself, or holds an operation that has waited for as long as was promised.
   * Accounts that are given away are no reason for one.
   *
   * @param pays asked whether a draft's fees pay for it
   */
  mayLeave(draft: Draft, pays: (draft: Draft) => boolean): boolean {
    if (worth(draft) === 0) return false;
    const { maxAge, longestWait } = this.#policy;
    const holds = (age: number): boolean =>
      draft.signed.some((pooled) => this.#hasWaited(waitingSince(pooled, this.#now), age));
    if ((this.#isQueueDue && draft.queued.length > 0) || holds(longestWait)) return true;
    return (this.#isFull || holds(maxAge)) && pays(draft);
  }

  get #isQueueDue(): boolean {
    const { queueSince } = this.#waiting;
    return queueSince !== undefined && this.#hasWaited(queueSince, this.#policy.maxQueueAge);
  }

  #hasWaited(since: number, most: number): boolean {
    return hasWaited(since, most, this.#now);
  }
}

/** What came in the future came before this machine's clock was set back, and may have waited for as long. */
export const hasWaited = (since: number, most: number, now: number): boolean =>
  since > now ? most < Infinity : now - since >= most;

/** Whether as many operations of one token wait as the largest size has room for. */
function canBeFull(sizes: readonly BatchSize[], pending: readonly PooledOperation[]): boolean {
  const full = Math.max(...sizes.map(({ transfers }) => transfers));
  const byToken = new Map<number, number>();
  for (const { accepted } of pending.filter(isSigned)) {
    const { token } = accepted.operation;
    byToken.set(token, (byToken.get(token) ?? 0) + 1);
  }
  return [...byToken.values()].some((count) => count >= full);
}
