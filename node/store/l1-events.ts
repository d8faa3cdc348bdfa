import type { Row } from "./database.ts";
import type { SealedDatabase } from "./sealed-database.ts";
import { payoutOf, type Payout } from "./records.ts";

/** Of the contract's events, by what each is about: `exit` and `refund` come after a freeze. */
export type L1EventKind =
  "size" | "token" | "deposit" | "forcedWithdrawal" | "batch" | "credit" | "payout" | "freeze" | "exit" | "refund";

/** One event of the rollup's contract: which L1 transaction did what. */
export interface L1Event {
  readonly block: number;
  /** Place among the block's logs. */
  readonly log: number;
  readonly transaction: string;
  readonly kind: L1EventKind;
  /**
   * A size's or a token's id, a batch's number, an account's index, or a place in the queue; 0 where the kind has none of
   * these.
   */
  readonly subject: number;
}

/** Every event of the contract that a node follows, by the L1 transaction that it is from. */
export class L1Events {
  readonly #database: SealedDatabase;

  constructor(database: SealedDatabase) {
    this.#database = database;
  }

  add({ block, log, transaction, kind, subject }: L1Event): void {
    this.#database.insert("events", block, log, transaction, kind, subject);
  }

  /** What a transaction did, in its order, with the sum that was credited or paid where it is about one. */
  of(transaction: string): readonly (L1Event & { readonly payout: Payout | undefined })[] {
    const sql = "SELECT * FROM events WHERE tx_hash = ? ORDER BY block, log";
    return this.#database.all(sql, transaction).map((row) => {
      const event = eventOf(row);
      const sum = this.#database.get("SELECT * FROM payouts WHERE block = ? AND log = ?", event.block, event.log);
      return { ...event, payout: sum && payoutOf(sum) };
    });
  }

  /** The transaction of the first event of a kind about a subject. */
  transactionOf(kind: L1EventKind, subject: number): string | undefined {
    const sql = "SELECT * FROM events WHERE kind = ? AND subject = ? ORDER BY block, log LIMIT 1";
    const row = this.#database.get(sql, kind, subject);
    return row && String(row["tx_hash"]);
  }
}

const eventOf = (row: Row): L1Event => ({
  block: Number(row["block"]),
  log: Number(row["log"]),
  transaction: String(row["tx_hash"]),
  kind: row["kind"] as L1EventKind,
  subject: Number(row["subject"]),
});
