import { Transaction } from "ethers";
import { SheafError } from "../../protocol/errors.ts";
import type { Journal } from "./journal.ts";
import type { L1Account } from "./l1-account.ts";

type AccountView = Pick<L1Account, "address" | "nonce" | "knows">;

/** More transactions of one account than this do not wait: a node that counts so many is wrong. */
const MOST_WAITING = 1000;

/** Batches in a row, by their numbers. */
export interface Numbers {
  readonly first: number;
  readonly last: number;
}

/** The L1 nonces of the batches that are on their way. */
export class Nonces {
  readonly #account: AccountView;
  readonly #journal: Journal;
  readonly #byBatch = new Map<number, number>();

  constructor(account: AccountView, journal: Journal) {
    this.#account = account;
    this.#journal = journal;
  }

  /** The nonce that a batch is under way with. */
  of(batchNumber: number): number | undefined {
    return this.#byBatch.get(batchNumber);
  }

  /** Batches are under way in one transaction. */
  take({ first, last }: Numbers, nonce: number): void {
    for (let number = first; number <= last; number++) this.#byBatch.set(number, nonce);
  }

  free({ first, last }: Numbers): void {
    for (let number = first; number <= last; number++) this.#byBatch.delete(number);
  }

  /**
   * The nonce for batches from a number on, after that of the batch before: one that no transaction waits with, or that one
   * waits with which is ours and brings no batch before these. Batches after them fail unless they are mined before, so they
   * may take the nonce of one of those. No two choose at a time: each waits until the one before has chosen.
   *
   * @param next the account's next nonce, as the newest block has it
   * @throws SheafError RPC_INCONSISTENT
   */
  async choose(first: number, next: number): Promise<number> {
    const waiting = await this.#account.nonce("pending");
    if (waiting > next + MOST_WAITING) {
      const message = `by the node, ${waiting - next} transactions of ${this.#account.address} wait`;
      throw new SheafError("RPC_INCONSISTENT", message);
    }
    const earlier = [...this.#byBatch].filter(([number]) => number < first);
    const taken = new Set(earlier.map(([, nonce]) => nonce));
    const before = this.#byBatch.get(first - 1);
    for (let nonce = before === undefined ? next : Math.max(next, before + 1); ; nonce++) {
      if (taken.has(nonce)) continue;
      if (nonce >= waiting || (await this.waitingWith(nonce)).length > 0) return nonce;
    }
  }

  /** Whether a lower nonce is missing, which no batch is under way with: nothing after it would ever be mined. */
  async isBehindGap(nonce: number): Promise<boolean> {
    const first = await this.#account.nonce("pending");
    return first < nonce && ![...this.#byBatch.values()].includes(first);
  }

  /** Our own transactions with a nonce that the node has. */
  async waitingWith(nonce: number): Promise<readonly Transaction[]> {
    const ours = this.#journal
      .ofNonce(nonce)
      .map(({ raw }) => Transaction.from(raw))
      .filter(({ from }) => from === this.#account.address);
    const known = await Promise.all(ours.map(({ hash }) => this.#account.knows(hash!)));
    return ours.filter((_, i) => known[i]);
  }
}
