import type { BatchSize } from "../../protocol/constants.ts";
import { isSigned, type PooledOperation } from "../pool/operation.ts";

/** When a batch is made. Times are milliseconds of this machine. */
export interface BatchPolicy {
  /** The longest that a signed operation, or an account that is to be opened, waits for a fuller batch. */
  readonly maxAge: number;
  /** The same of an operation of L1's queue, from when it may be taken. */
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

/** Whether a batch is due: one can be full, or something has waited long enough. */
export function isDue(policy: BatchPolicy, sizes: readonly BatchSize[], waiting: Waiting, now: number): boolean {
  const { pending, queueSince } = waiting;
  if (queueSince !== undefined && hasWaited(queueSince, now, policy.maxQueueAge)) return true;
  if (pending.length === 0) return false;
  if (hasWaited(pending[0]!.submittedAt, now, policy.maxAge)) return true;
  const full = Math.max(...sizes.map(({ transfers }) => transfers));
  const byToken = new Map<number, number>();
  for (const { accepted } of pending.filter(isSigned)) {
    const { token } = accepted.operation;
    byToken.set(token, (byToken.get(token) ?? 0) + 1);
  }
  return [...byToken.values()].some((count) => count >= full);
}

/** What came in the future came before this machine's clock was set back, and may have waited for as long. */
const hasWaited = (since: number, now: number, most: number): boolean => since > now || now - since >= most;
