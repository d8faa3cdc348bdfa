import { SheafError } from "../../protocol/errors.ts";
import type { Database, Row } from "../store/database.ts";
import type { Journal, SentTransaction } from "../submitter/journal.ts";
import type { OwnBatches } from "./batches.ts";
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
   * Throws `BATCH_SUPERSEDED` where the batch was given up a moment ago: nobody would know any more which operations its
   * transaction holds.
   */
  add({ hash, batchNumber, nonce, raw }: SentTransaction): void {
    const own = this.#batches.find(batchNumber);
    if (own === undefined || !raw.includes(Buffer.from(own.words).toString("hex"))) {
      throw new SheafError("BATCH_SUPERSEDED", `batch ${batchNumber} was given up before it was sent`);
    }
    const { number, oldRoot, operations, request } = own;
    const identity = identityOf(own.words);
    this.#database.transaction(() => {
      const [last] = this.#database.all("SELECT MAX(sequence) AS sequence FROM transactions");
      const sequence = Number(last!["sequence"] ?? 0) + 1;
      this.#database.insertNew("transactions", sequence, hash, batchNumber, nonce, raw);
      this.#carriers.add({ identity, number, timestamp: request.timestamp, oldRoot, transaction: hash, operations });
    });
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
