import type { Database, Row } from "../store/database.ts";
import type { Journal, SentTransaction } from "../submitter/journal.ts";

/** Transactions with batches, until no reorganisation can take them back. */
export class PoolJournal implements Journal {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add({ hash, batchNumber, nonce, raw }: SentTransaction): void {
    const sql = "INSERT OR IGNORE INTO transactions (hash, batch, nonce, raw) VALUES (?, ?, ?, ?)";
    this.#database.run(sql, hash, batchNumber, nonce, raw);
  }

  ofBatch(batchNumber: number): readonly SentTransaction[] {
    return this.#database.all("SELECT * FROM transactions WHERE batch = ? ORDER BY sequence", batchNumber).map(sentOf);
  }

  ofNonce(nonce: number): readonly SentTransaction[] {
    return this.#database.all("SELECT * FROM transactions WHERE nonce = ? ORDER BY sequence", nonce).map(sentOf);
  }

  /** Forgets batches before a number. */
  forgetBefore(batchNumber: number): void {
    this.#database.run("DELETE FROM transactions WHERE batch < ?", batchNumber);
  }
}

const sentOf = (row: Row): SentTransaction => ({
  batchNumber: Number(row["batch"]),
  nonce: Number(row["nonce"]),
  hash: String(row["hash"]),
  raw: String(row["raw"]),
});
