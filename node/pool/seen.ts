import type { Database } from "../store/database.ts";
import type { StoredBatch } from "../store/store.ts";

/** L1's batches that the pool has taken note of: those that can still be taken back, and the last final one (or 0). */
export class SeenBatches {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest first. `chain` is the contract's hash of all batches up to it. */
  all(): readonly Pick<StoredBatch, "number" | "chain">[] {
    const rows = this.#database.all("SELECT * FROM seen ORDER BY number DESC");
    return rows.map(({ number, chain }) => ({ number: Number(number), chain: String(chain) }));
  }

  get last(): Pick<StoredBatch, "number" | "chain"> {
    return this.all()[0]!;
  }

  /** Number of the last one that no reorganisation can take back. */
  get final(): number {
    return this.all().at(-1)!.number;
  }

  add({ number, chain }: Pick<StoredBatch, "number" | "chain">): void {
    this.#database.run("INSERT INTO seen VALUES (?, ?)", number, chain);
  }

  dropFrom(number: number): void {
    this.#database.run("DELETE FROM seen WHERE number >= ?", number);
  }

  forgetBefore(number: number): void {
    this.#database.run("DELETE FROM seen WHERE number < ?", number);
  }
}
