import { sameOwner } from "../../protocol/account.ts";
import type { RollupState } from "../../protocol/state.ts";
import type { Steps } from "../../protocol/steps.ts";
import { isCreation, type PooledCreation, type PooledOperation, type PooledSigned } from "../pool/operation.ts";

/** The accounts that are to be opened. */
export class OpeningBook {
  readonly #pending: readonly PooledCreation[];
  readonly #isPaid: (payment: string) => boolean;
  /** Whose payment is in a batch already: asked for once. */
  readonly #paid = new Map<PooledCreation, boolean>();

  /** @param isPaid whether a payment is in a batch already */
  constructor(pending: readonly PooledOperation[], isPaid: (payment: string) => boolean) {
    this.#pending = pending.filter(isCreation);
    this.#isPaid = isPaid;
  }

  /**
   * What is to become of them, without those whose index holds another account.
   *
   * @param state after the batch's share of L1's queue
   */
  *after(state: Pick<RollupState, "account">): Steps<Openings> {
    const wanted: PooledCreation[] = [];
    const opened: PooledCreation[] = [];
    const owed = new Set<PooledCreation>();
    for (const pooled of this.#pending) {
      yield;
      const { operation, payment } = pooled.accepted;
      const holder = state.account(operation.index);
      if (holder === undefined) {
        wanted.push(pooled);
        if (payment !== undefined && !this.#hasPaid(pooled, payment)) owed.add(pooled);
      } else if (holder.token === operation.token && sameOwner(holder, operation)) opened.push(pooled);
    }
    return new Openings(wanted, opened, owed);
  }

  #hasPaid(pooled: PooledCreation, payment: string): boolean {
    const isPaid = this.#paid.get(pooled) ?? this.#isPaid(payment);
    this.#paid.set(pooled, isPaid);
    return isPaid;
  }
}

/** Accounts that are to be opened, by what is to become of them. */
export class Openings {
  /** Each needs a row of a batch. */
  readonly wanted: readonly PooledCreation[];
  /** Opened already, as by a deposit. */
  readonly opened: readonly PooledCreation[];
  /** Those that wait for no payment: paid for, the operator's own, or given away. */
  readonly free: readonly PooledCreation[];
  readonly #owed: ReadonlySet<PooledCreation>;
  readonly #byPayment = new Map<string, PooledCreation>();
  /** The operator's own, by token. */
  readonly #own: ReadonlyMap<number, readonly PooledCreation[]>;
  readonly #gifts = new Map<number, PooledCreation>();

  constructor(wanted: readonly PooledCreation[], opened: readonly PooledCreation[], owed: ReadonlySet<PooledCreation>) {
    this.wanted = wanted;
    this.opened = opened;
    this.#owed = owed;
    this.free = wanted.filter((opening) => !owed.has(opening));
    for (const opening of wanted) {
      const { payment } = opening.accepted;
      if (payment !== undefined) this.#byPayment.set(payment, opening);
    }
    const unpaid = wanted.filter(({ accepted }) => accepted.payment === undefined);
    this.#own = Map.groupBy(
      unpaid.filter(({ accepted }) => accepted.isOwn === true),
      ({ accepted }) => accepted.operation.token,
    );
    for (const opening of unpaid) {
      if (opening.accepted.isOwn !== true) this.#gifts.set(opening.accepted.operation.index, opening);
    }
  }

  /** Whether its payment must be in the same batch. */
  isOwed(opening: PooledCreation): boolean {
    return this.#owed.has(opening);
  }

  /**
   * Openings that a batch of these operations needs, the most wanted first: the account that their fees go to, those that are
   * paid for, and those that one of them pays for, or pays money to.
   *
   * @param signed what waits in the batch's token, the most urgent first
   * @param most rows that there are for them
   */
  neededBy(signed: readonly PooledSigned[], most: number): readonly PooledCreation[] {
    const needed = new Set<PooledCreation>();
    if (this.wanted.length === 0 || most === 0) return [];
    const token = signed[0]?.accepted.operation.token;
    const hasFees = signed.some(({ accepted }) => accepted.operation.fee > 0n);
    if (token !== undefined && hasFees) for (const opening of this.#own.get(token) ?? []) needed.add(opening);
    for (const opening of this.free) {
      if (needed.size >= most) break;
      if (opening.accepted.payment !== undefined) needed.add(opening);
    }
    for (const { id, accepted } of signed) {
      if (needed.size >= most) break;
      const payee = accepted.kind === "transfer" ? this.#gifts.get(accepted.operation.to) : undefined;
      const both = [this.#byPayment.get(id), payee].filter((opening) => opening !== undefined);
      for (const opening of both.toSorted((a, b) => a.sequence - b.sequence)) needed.add(opening);
    }
    return [...needed].slice(0, most);
  }

  /** Says of the id of an operation whether it pays for an opening that is not among these. */
  unmet(openings: readonly PooledCreation[]): (id: string) => boolean {
    return (id) => {
      const opening = this.#byPayment.get(id);
      return opening !== undefined && !openings.includes(opening);
    };
  }
}
