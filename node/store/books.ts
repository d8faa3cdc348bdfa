import type { SealedDatabase } from "./sealed-database.ts";
import { payoutOf, type Payout } from "./records.ts";
import { addressToBytes, amountToBytes, toBigint } from "./values.ts";

/**
 * What a rollup owes, by its events: deposits, credits, and what was pulled. Each row holds the sum up to it, so that
 * however many there are, one is read.
 */
export class Books {
  readonly #database: SealedDatabase;

  constructor(database: SealedDatabase) {
    this.#database = database;
  }

  payouts(): readonly Payout[] {
    return this.#database.all("SELECT * FROM payouts ORDER BY block, log").map(payoutOf);
  }

  /** In the order of L1's logs. */
  addPayout(block: number, log: number, { kind, token, l1Address, amount }: Payout): void {
    const left = this.withdrawable(token, l1Address) + (kind === "credit" ? amount : -amount);
    this.#database.insert(
      "payouts",
      ...[block, log, kind, token, addressToBytes(l1Address), amountToBytes(amount), amountToBytes(left)],
    );
    if (kind === "pull") this.#addToTotal(block, token, -amount);
  }

  addDeposit(block: number, token: number, amount: bigint): void {
    this.#addToTotal(block, token, amount);
  }

  #addToTotal(block: number, token: number, change: bigint): void {
    this.#database.replace("totals", token, block, amountToBytes(this.tokenTotal(token) + change));
  }

  /** Whether an L1 address was ever credited with a token. */
  hasPaid(token: number, l1Address: bigint): boolean {
    const sql = "SELECT * FROM payouts WHERE token = ? AND l1_address = ? LIMIT 1";
    return this.#database.get(sql, token, addressToBytes(l1Address)) !== undefined;
  }

  /** Base units that an L1 address was credited with and has not pulled. */
  withdrawable(token: number, l1Address: bigint): bigint {
    const sql = "SELECT * FROM payouts WHERE token = ? AND l1_address = ? ORDER BY block DESC, log DESC LIMIT 1";
    const last = this.#database.get(sql, token, addressToBytes(l1Address));
    return last === undefined ? 0n : toBigint(last["left"]);
  }

  /** Base units of a token that the rollup owes: all that was ever deposited and has not been pulled. */
  tokenTotal(token: number): bigint {
    const sql = "SELECT * FROM totals WHERE token = ? ORDER BY block DESC LIMIT 1";
    const last = this.#database.get(sql, token);
    return last === undefined ? 0n : toBigint(last["total"]);
  }
}
