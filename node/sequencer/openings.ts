import { sameOwner } from "../../protocol/account.ts";
import type { RollupState } from "../../protocol/state.ts";
import { isCreation, type PooledCreation, type PooledOperation, type PooledSigned } from "../pool/operation.ts";

/** Accounts that are to be opened, by what is to become of them. */
export interface Openings {
  /** Each needs a row of a batch. */
  readonly wanted: readonly PooledCreation[];
  /** Opened already, as by a deposit. */
  readonly opened: readonly PooledCreation[];
}

/**
 * Without those whose index holds another account.
 *
 * @param state after the batch's share of L1's queue
 */
export function sortOpenings(state: Pick<RollupState, "account">, pending: readonly PooledOperation[]): Openings {
  const wanted: PooledCreation[] = [];
  const opened: PooledCreation[] = [];
  for (const pooled of pending.filter(isCreation)) {
    const { operation } = pooled.accepted;
    const holder = state.account(operation.index);
    if (holder === undefined) wanted.push(pooled);
    else if (holder.token === operation.token && sameOwner(holder, operation)) opened.push(pooled);
  }
  return { wanted, opened };
}

/**
 * Openings that a batch of these operations needs, the most wanted first: the account that their fees go to, those that one
 * of them pays for, and those that one of them pays money to.
 *
 * @param signed what waits in the batch's token, the most urgent first
 * @param isPaid whether a payment is in a batch already
 */
export function neededBy(
  signed: readonly PooledSigned[],
  wanted: readonly PooledCreation[],
  isPaid: (payment: string) => boolean,
): readonly PooledCreation[] {
  const rankOf = new Map(signed.map(({ id }, rank) => [id, rank]));
  const payees = new Map<number, number>();
  signed.forEach(({ accepted }, rank) => {
    if (accepted.kind === "transfer" && !payees.has(accepted.operation.to)) payees.set(accepted.operation.to, rank);
  });
  const hasFees = signed.some(({ accepted }) => accepted.operation.fee > 0n);
  const token = signed[0]?.accepted.operation.token;
  const ranked = wanted.flatMap((opening) => {
    const { operation, payment, isOwn } = opening.accepted;
    const rank =
      payment !== undefined
        ? isPaid(payment)
          ? -1
          : rankOf.get(payment)
        : isOwn === true
          ? hasFees && operation.token === token
            ? -2
            : undefined
          : payees.get(operation.index);
    return rank === undefined ? [] : [{ opening, rank }];
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ opening }) => opening);
}
