import type { Database, Row } from "../store/database.ts";
import type { StoredBatch } from "../store/store.ts";

/** What the pool remembers of a batch on L1. `chain` is the contract's hash of all batches up to it. */
export interface SeenBatch extends Pick<StoredBatch, "number" | "chain" | "timestamp" | "transaction"> {
  /** After it; not known of the state before all batches. */
  readonly root: bigint | undefined;
}

/** L1's batches that the pool has taken note of: those that can still be taken back, and the last final one (or 0). */
export class SeenBatches {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest first. */
  all(): readonly SeenBatch[] {
    return this.#database.all("SELECT * FROM seen ORDER BY number DESC").map(seenOf);
  }

  get last(): SeenBatch {
    return this.all()[0]!;
  }

  /** Number of the last one that no reorganisation can take back. */
  get final(): number {
    return this.all().at(-1)!.number;
  }

  add({ number, chain, timestamp, root, transaction }: StoredBatch): void {
    this.#database.insert("seen", number, chain, timestamp, String(root), transaction);
  }

  dropFrom(number: number): void {
    this.#database.run("DELETE FROM seen WHERE number >= ?", number);
  }

  forgetBefore(number: number): void {
    this.#database.run("DELETE FROM seen WHERE number < ?", number);
  }
}

const seenOf = (row: Row): SeenBatch => ({
  number: Number(row["number"]),
  chain: String(row["chain"]),
  timestamp: Number(row["timestamp"]),
  root: row["root"] === null ? undefined : BigInt(row["root"] as string),
  transaction: String(row["l1_transaction"]),
});
