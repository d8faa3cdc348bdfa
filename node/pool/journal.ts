import { SheafError } from "../../protocol/errors.ts";
import type { Database, Row } from "../store/database.ts";
import type { Journal, SentTransaction } from "../submitter/journal.ts";
import { toBeHex } from "ethers";
import { blobWordsOf, type OwnBatch, type OwnBatches } from "./batches.ts";
import { identityOf, type Carriers } from "./carriers.ts";

/** Transactions with batches, until no reorganisation can take them back. */
export class PoolJournal implements Journal {
  readonly #database: Database;
  readonly #batches: OwnBatches;
  readonly #carriers: Carriers;

  constructor(database: Database, batches: OwnBatches, carriers: Carriers) {
    this.#database = database;
    this.#batches = batches;
    this.#carriers = carriers;
  }

  /**
   * Throws `BATCH_SUPERSEDED` where a batch of it was given up a moment ago: nobody would know any more which operations the
   * transaction holds.
   */
  add({ hash, first, last, nonce, raw }: SentTransaction): void {
    const batches = Array.from({ length: last - first + 1 }, (_, i) => this.#requireOwn(first + i, raw));
    this.#database.transaction(() => {
      const [newest] = this.#database.all("SELECT MAX(sequence) AS sequence FROM transactions");
      const sequence = Number(newest!["sequence"] ?? 0) + 1;
      this.#database.insertNew("transactions", sequence, hash, first, last, nonce, raw);
      for (const own of batches) {
        const { words, number, oldRoot, operations, request } = own;
        const identity = identityOf(words, blobWordsOf(own));
        this.#carriers.add({ identity, number, timestamp: request.timestamp, oldRoot, transaction: hash, operations });
      }
    });
  }

  #requireOwn(number: number, raw: string): OwnBatch {
    const own = this.#batches.find(number);
    if (own !== undefined && isIn(own, raw)) return own;
    throw new SheafError("BATCH_SUPERSEDED", `batch ${number} was given up before it was sent`);
  }

  ofBatch(batchNumber: number): readonly SentTransaction[] {
    const sql = "SELECT * FROM transactions WHERE first <= ?1 AND last >= ?1 ORDER BY sequence";
    return this.#database.all(sql, batchNumber).map(sentOf);
  }

  ofNonce(nonce: number): readonly SentTransaction[] {
    return this.#database.all("SELECT * FROM transactions WHERE nonce = ? ORDER BY sequence", nonce).map(sentOf);
  }

  /** Forgets batches before a number. */
  forgetBefore(batchNumber: number): void {
    this.#database.run("DELETE FROM transactions WHERE last < ?", batchNumber);
  }
}

/** Whether a signed transaction brings a batch. Where its transfers are in a blob, its words do not tell it apart. */
export const isIn = ({ c, words }: Pick<OwnBatch, "c" | "words">, raw: string): boolean =>
  raw.includes(toBeHex(c, 32).slice(2)) && raw.includes(Buffer.from(words).toString("hex"));

const sentOf = (row: Row): SentTransaction => ({
  first: Number(row["first"]),
  last: Number(row["last"]),
  nonce: Number(row["nonce"]),
  hash: String(row["hash"]),
  raw: String(row["raw"]),
});
