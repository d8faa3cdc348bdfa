import type { SealedDatabase } from "./sealed-database.ts";
import { payoutOf, type Payout } from "./records.ts";
import { addressToBytes, amountToBytes, toBigint } from "./values.ts";

/** Where a sum has got to: it goes on from there. */
interface Sum {
  readonly total: bigint;
  /** Last place of the queue, and last block, whose amounts are in it. */
  readonly place: number;
  readonly block: number;
}

/** What a rollup owes, by its events: deposits, credits, and what was pulled. */
export class Books {
  readonly #database: SealedDatabase;
  readonly #sums = new Map<number, Sum>();

  constructor(database: SealedDatabase) {
    this.#database = database;
  }

  payouts(): readonly Payout[] {
    return this.#database.all("SELECT * FROM payouts ORDER BY block, log").map(payoutOf);
  }

  addPayout(block: number, log: number, { kind, token, l1Address, amount }: Payout): void {
    this.#database.insert("payouts", block, log, kind, token, addressToBytes(l1Address), amountToBytes(amount));
  }

  /** Whether an L1 address was ever credited with a token. */
  hasPaid(token: number, l1Address: bigint): boolean {
    const sql = "SELECT * FROM payouts WHERE token = ? AND l1_address = ? LIMIT 1";
    return this.#database.get(sql, token, addressToBytes(l1Address)) !== undefined;
  }

  /** Base units that an L1 address was credited with and has not pulled. */
  withdrawable(token: number, l1Address: bigint): bigint {
    const rows = this.#database.all(
      "SELECT * FROM payouts WHERE token = ? AND l1_address = ?",
      token,
      addressToBytes(l1Address),
    );
    return rows.map(payoutOf).reduce((sum, { kind, amount }) => (kind === "credit" ? sum + amount : sum - amount), 0n);
  }

  /**
   * Base units of a token that the rollup owes: what was ever deposited and has not been pulled. Blocks must have been
   * read whole.
   */
  tokenTotal(token: number): bigint {
    let { total, place, block } = this.#sums.get(token) ?? { total: 0n, place: -1, block: -1 };
    const deposits = "SELECT * FROM queue WHERE place > ? AND token = ? AND kind = 'deposit' ORDER BY place";
    for (const row of this.#database.all(deposits, place, token)) {
      total += toBigint(row["amount"]);
      place = Number(row["place"]);
    }
    const pulls = "SELECT * FROM payouts WHERE block > ? AND token = ? AND kind = 'pull' ORDER BY block";
    for (const row of this.#database.all(pulls, block, token)) {
      total -= toBigint(row["amount"]);
      block = Number(row["block"]);
    }
    this.#sums.set(token, { total, place, block });
    return total;
  }

  /** Sums anew: rows were taken back. */
  forget(): void {
    this.#sums.clear();
  }
}
