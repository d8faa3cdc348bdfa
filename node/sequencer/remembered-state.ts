import type { Account } from "../../protocol/account.ts";
import type { StateSource } from "../../protocol/state.ts";
import type { AccountSource } from "../pool/directory.ts";
import type { StoredState } from "../store/stored-state.ts";

/** Accounts that are kept in memory: more than a full mempool names. */
const MOST = 65_536;

/** A stored state, which never changes, of which each account is read once while there is room to keep it. */
export class RememberedState implements StateSource, AccountSource {
  readonly #stored: StoredState;
  readonly #accounts: Map<number, Account | undefined>;

  /** @param known accounts of this state */
  constructor(stored: StoredState, known: Iterable<readonly [number, Account | undefined]> = []) {
    this.#stored = stored;
    this.#accounts = new Map(known);
  }

  account(index: number): Account | undefined {
    const known = this.#accounts.get(index);
    if (known !== undefined || this.#accounts.has(index)) return known;
    const account = this.#stored.account(index);
    if (this.#accounts.size >= MOST) this.#accounts.clear();
    this.#accounts.set(index, account);
    return account;
  }

  node(level: number, position: number): bigint | undefined {
    return this.#stored.node(level, position);
  }

  accounts(): ReadonlyMap<number, Account> {
    return this.#stored.accounts();
  }

  accountsOf(l1Address: bigint): ReadonlyMap<number, Account> {
    return this.#stored.accountsOf(l1Address);
  }

  /** The state after some of the batches that follow, which changed some accounts. All others stay known. */
  movedTo(stored: StoredState, changed: Iterable<number>): RememberedState {
    const known = new Map(this.#accounts);
    for (const index of changed) known.delete(index);
    return new RememberedState(stored, known);
  }
}
