import type { Account } from "../../../protocol/account.ts";
import type { L1Operation, Transfer, Withdrawal } from "../../../protocol/operations.ts";

type Moved = "from" | "amount" | "fee";

interface Movements {
  readonly token: number;
  readonly feeAccount: number;
  readonly l1Operations?: readonly L1Operation[];
  readonly withdrawals?: readonly Pick<Withdrawal, Moved>[];
  readonly transfers?: readonly Pick<Transfer, Moved | "to">[];
}

/**
 * The rollup's rules at their plainest, to compare the state machine with: balances are signed integers that every
 * operation changes at once, and nothing is looked at before the end. Authorisation is not its business.
 */
export class Ledger {
  readonly accounts: Map<number, Account>;
  /** What came in from L1 less what went out, by token. */
  readonly inflow: Map<number, bigint>;

  constructor(other?: Ledger) {
    this.accounts = new Map(other?.accounts);
    this.inflow = new Map(other?.inflow);
  }

  apply({ token, feeAccount, l1Operations = [], withdrawals = [], transfers = [] }: Movements): void {
    for (const operation of l1Operations) this.applyL1(operation);
    for (const { from, amount, fee } of withdrawals) {
      this.#change(from, -amount - fee, 1);
      this.#flow(token, -amount);
      this.#change(feeAccount, fee, 0);
    }
    for (const { from, to, amount, fee } of transfers) {
      this.#change(from, -amount - fee, 1);
      this.#change(to, amount, 0);
      this.#change(feeAccount, fee, 0);
    }
  }

  applyL1(operation: L1Operation): void {
    const { kind, index, l1Address, token } = operation;
    const account = this.accounts.get(index);
    if (kind === "forcedWithdrawal") {
      if (account?.l1Address !== l1Address || account.token !== token) return;
      this.#change(index, -account.balance, 0);
      this.#flow(token, -account.balance);
      return;
    }
    const { pubKeyY } = operation;
    if (account === undefined) this.accounts.set(index, { pubKeyY, l1Address, token, balance: 0n, nonce: 0 });
    if (kind === "creation") return;
    this.#change(index, operation.amount, 0);
    this.#flow(token, operation.amount);
  }

  /** Indexes of all accounts that hold a token. */
  holders(token: number): number[] {
    return [...this.accounts].filter(([, account]) => account.token === token).map(([index]) => index);
  }

  /** The accounts in ascending order, as `RollupState.accounts` has them. */
  sorted(): [number, Account][] {
    return [...this.accounts].sort(([a], [b]) => a - b);
  }

  #change(index: number, change: bigint, sends: number): void {
    const account = this.accounts.get(index);
    // Nothing may be given to an index without account.
    if (account === undefined && change === 0n) return;
    this.accounts.set(index, { ...account!, balance: account!.balance + change, nonce: account!.nonce + sends });
  }

  #flow(token: number, change: bigint): void {
    this.inflow.set(token, (this.inflow.get(token) ?? 0n) + change);
  }
}
