import type { BatchSize } from "../../protocol/constants.ts";
import { fits, touchedWith, UNTOUCHED, type Demand } from "../../protocol/demand.ts";
import type { L1Operation, SignedOperation } from "../../protocol/operations.ts";

/**
 * The room that is left in a batch. Says what `fits` and `demandOf` say of all that was put in, but counts on from one
 * operation to the next: however many are offered, each costs the same.
 */
export class Room {
  readonly #size: BatchSize;
  readonly #feeAccount: number;
  #demand: Demand;
  /** Accounts that operations touch, and those of them that withdraw. */
  readonly #touched = new Set<number>();
  readonly #withdrawing = new Set<number>();

  constructor(size: BatchSize, feeAccount: number, l1Operations: readonly L1Operation[]) {
    this.#size = size;
    this.#feeAccount = feeAccount;
    const touched = touchedWith(
      UNTOUCHED,
      l1Operations.map(({ index }) => index),
    );
    this.#demand = { l1Operations: l1Operations.length, withdrawals: 0, transfers: 0, accounts: 0, ...touched };
  }

  /** Whether there is room for a row that opens an account; if so, it is taken. */
  open(index: number): boolean {
    const { l1Operations } = this.#demand;
    return this.#take({ ...this.#demand, l1Operations: l1Operations + 1, ...touchedWith(this.#demand, [index]) });
  }

  /** Whether there is room for an operation; if so, it is taken. */
  take({ kind, operation }: SignedOperation): boolean {
    const { from, amount, fee } = operation;
    const touched = [from];
    if (kind === "transfer" && amount > 0n) touched.push(operation.to);
    if (fee > 0n) touched.push(this.#feeAccount);
    const fresh = new Set(touched.filter((index) => !this.#touched.has(index)));
    const isWithdrawal = kind === "withdrawal";
    const withdrawals = this.#demand.withdrawals + (isWithdrawal ? 1 : 0);
    const withdrawing = this.#withdrawing.size + (isWithdrawal && !this.#withdrawing.has(from) ? 1 : 0);
    const demand = {
      l1Operations: this.#demand.l1Operations,
      withdrawals,
      transfers: this.#demand.transfers + (isWithdrawal ? 0 : 1),
      // Each withdrawal has a slot, and so has each account that does not withdraw.
      accounts: withdrawals + this.#touched.size + fresh.size - withdrawing,
      ...touchedWith(this.#demand, fresh),
    };
    if (!this.#take(demand)) return false;
    for (const index of fresh) this.#touched.add(index);
    if (isWithdrawal) this.#withdrawing.add(from);
    return true;
  }

  #take(demand: Demand): boolean {
    if (!fits(this.#size, demand)) return false;
    this.#demand = demand;
    return true;
  }
}
