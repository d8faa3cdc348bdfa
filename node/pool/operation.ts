import type { Owner } from "../../protocol/account.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { elementToHex } from "../../protocol/json-fields.ts";
import type { Creation, SignedOperation } from "../../protocol/operations.ts";

/** What a node takes in: signed operations, and accounts that it is asked to open. */
export type Accepted =
  | (SignedOperation & {
      /** Who a transfer's recipient was when it was accepted: an index alone can come to be another's. */
      readonly payee?: Owner;
      /**
       * Of one that waited for its time when it was accepted, or that never expires: the second from which on it, and all
       * before it, are good.
       */
      readonly due?: number;
    })
  | {
      readonly kind: "creation";
      readonly operation: Creation;
      /** Id of the transfer whose fee pays for it, and without which no batch takes it. */
      readonly payment?: string;
      /** Whether the operator needs it: fees go there. Others that nobody pays for are gifts. */
      readonly isOwn?: true;
    };

/**
 * `pending` (waits for a batch), `batched`, `proven`, `verified` (L1 took its batch) or `rejected`. A reorganisation or
 * another's batch can take an operation back to `pending`. `rejected` is for good here: no batch is made with it any more.
 * But L1's word counts: an operation that it executes all the same is `verified`, and keeps the reason of its rejection.
 */
export type Status = "pending" | "batched" | "proven" | "verified" | "rejected";

/** An accepted operation, and what has become of it. */
export interface PooledOperation {
  /** In the order of arrival, from 1. */
  readonly sequence: number;
  /** Of a signed operation the message that was signed, 0x and 64 digits; of a creation `creation-<index>`. */
  readonly id: string;
  readonly accepted: Accepted;
  /** Milliseconds of Unix time. */
  readonly submittedAt: number;
  readonly status: Status;
  /** Number of the batch that holds it. */
  readonly batch: number | undefined;
  /** Why it was rejected. Of one that is `verified`: L1 executed it all the same. */
  readonly reason: Reason | undefined;
}

/** What a submission gets. */
export type Submitted = PooledOperation & {
  /** It was taken in before: nothing was added. */
  readonly isKnown?: true;
};

export interface Reason {
  readonly code: ErrorCode;
  readonly message: string;
}

/** An operation that is in the pool and can come into a batch. */
export type PooledSigned = PooledOperation & { readonly accepted: Exclude<Accepted, { kind: "creation" }> };
export type PooledCreation = PooledOperation & { readonly accepted: Extract<Accepted, { kind: "creation" }> };

export const isSigned = (pooled: PooledOperation): pooled is PooledSigned => pooled.accepted.kind !== "creation";
/** Given away: it never fills the room of what pays, nor has a batch made. */
export const isGift = ({ accepted }: PooledOperation): boolean =>
  accepted.kind === "creation" && accepted.payment === undefined && accepted.isOwn !== true;
export const isCreation = (pooled: PooledOperation): pooled is PooledCreation => pooled.accepted.kind === "creation";

/**
 * Since when an operation waits for a batch: since it was handed in or, if that was later, its time came. Milliseconds of Unix
 * time.
 *
 * @param now whatever can be done by now is not due later, whatever it was thought to wait for
 */
export function waitingSince({ submittedAt, accepted }: PooledOperation, now = Infinity): number {
  const due = accepted.kind === "creation" || accepted.due === undefined ? 0 : accepted.due * 1000;
  return due > now ? submittedAt : Math.max(submittedAt, due);
}

/** What was signed and waits for a batch longest, and since when. */
export function longestWaiting(
  ready: readonly PooledOperation[],
  now: number,
): { readonly id: string; readonly since: number } | undefined {
  let longest: { readonly id: string; readonly since: number } | undefined;
  for (const pooled of ready) {
    if (!isSigned(pooled)) continue;
    const since = waitingSince(pooled, now);
    if (longest === undefined || since < longest.since) longest = { id: pooled.id, since };
  }
  return longest;
}

/** The id of a signed operation, by the message that was signed. */
export const signedId = elementToHex;
export const creationId = (index: number): string => `creation-${index}`;
