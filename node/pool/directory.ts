import { sameOwner, type Account, type Owner } from "../../protocol/account.ts";
import type { L1Operation } from "../../protocol/operations.ts";
import type { QueuedOperation } from "../store/store.ts";

/** A state whose accounts can be looked up. */
export interface AccountSource {
  account(index: number): Account | undefined;
  /** Accounts that name an L1 address, by index. */
  accountsOf(l1Address: bigint): ReadonlyMap<number, Account>;
}

/** An account that is promised, but not in the state yet. */
export interface Reservation extends Owner {
  readonly index: number;
  readonly token: number;
}

/** Says at which index an owner's account in a token is, or is to be. */
export class Directory {
  readonly #accounts: AccountSource;
  readonly #reserved = new Map<string, number>();
  readonly #taken = new Set<number>();
  #next: number | undefined;

  /**
   * @param kept indexes that nothing is to be opened at, though they are nobody's
   * @param first where to look for an empty index; by default where few accounts have to be looked at
   */
  constructor(
    accounts: AccountSource,
    reservations: Iterable<Reservation> = [],
    kept: Iterable<number> = [],
    first?: number,
  ) {
    this.#accounts = accounts;
    this.#next = first;
    for (const index of kept) this.#taken.add(index);
    for (const { index, token, ...owner } of reservations) this.#reserve(owner, token, index);
  }

  find(owner: Owner, token: number): number | undefined {
    for (const [index, account] of this.#accounts.accountsOf(owner.l1Address)) {
      if (account.token === token && sameOwner(account, owner)) return index;
    }
    return this.#reserved.get(keyOf(owner, token));
  }

  /** As `find`; where there is no account, an empty index is reserved for it. */
  assign(owner: Owner, token: number): number {
    const known = this.find(owner, token);
    if (known !== undefined) return known;
    let next = this.#next ?? this.#firstFree();
    while (this.#isTaken(next)) next++;
    this.#next = next;
    this.#reserve(owner, token, next);
    return next;
  }

  /** Operations of L1's queue as a batch takes them: the index of each deposit is named. */
  withIndexes(queued: readonly Pick<QueuedOperation, "operation">[]): readonly L1Operation[] {
    return queued.map(({ operation }) =>
      operation.kind === "deposit" ? { ...operation, index: this.assign(operation, operation.token) } : operation,
    );
  }

  #isTaken(index: number): boolean {
    return this.#taken.has(index) || this.#accounts.account(index) !== undefined;
  }

  /** An empty index after one that is taken: where there are no gaps, the lowest. Few accounts are looked at for it. */
  #firstFree(): number {
    let free = 1;
    while (this.#isTaken(free)) free *= 2;
    let taken = Math.floor(free / 2);
    while (free - taken > 1) {
      const middle = Math.floor((taken + free) / 2);
      if (this.#isTaken(middle)) taken = middle;
      else free = middle;
    }
    return free;
  }

  #reserve(owner: Owner, token: number, index: number): void {
    this.#reserved.set(keyOf(owner, token), index);
    this.#taken.add(index);
  }
}

const keyOf = ({ pubKeyY, l1Address }: Owner, token: number): string => `${pubKeyY}/${l1Address}/${token}`;
