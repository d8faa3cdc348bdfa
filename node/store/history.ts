import type { SealedDatabase } from "./sealed-database.ts";
import { operationOf, type OperationRow, type StoredBatch, type StoredOperation } from "./records.ts";
import { amountToBytes } from "./values.ts";
import { allOf, isOfOne } from "./where.ts";

/** Which operations are wanted, of a list that begins with the newest. */
export interface OperationFilter {
  /** Sent or received by one of the accounts at these indexes. */
  readonly accounts?: readonly number[];
  readonly token?: number;
  readonly batch?: number;
  /** Only rows before this one. */
  readonly before?: { readonly batch: number; readonly row: number };
  readonly limit: number;
}

/** Every operation that L1 took, row by row, as the batches' words have them. */
export class History {
  readonly #database: SealedDatabase;

  constructor(database: SealedDatabase) {
    this.#database = database;
  }

  add({ number, block }: StoredBatch, rows: readonly OperationRow[]): void {
    rows.forEach(({ kind, place, sender, recipient, token, amount, fee, nonce }, row) =>
      this.#database.insert(
        "operations",
        ...[number, row, block, kind, place ?? null, sender, recipient, token],
        ...[amountToBytes(amount), amountToBytes(fee), nonce ?? null],
      ),
    );
  }

  /** The rows of a batch, in their order. */
  of(batch: number): readonly StoredOperation[] {
    return this.#database.all("SELECT * FROM operations WHERE batch = ? ORDER BY row", batch).map(operationOf);
  }

  /** What an account signed with a nonce. */
  signed(sender: number, nonce: number): StoredOperation | undefined {
    const row = this.#database.get("SELECT * FROM operations WHERE sender = ? AND nonce = ?", sender, nonce);
    return row && operationOf(row);
  }

  /** An operation of L1's queue that a batch took. */
  queued(place: number): StoredOperation | undefined {
    const row = this.#database.get("SELECT * FROM operations WHERE place = ?", place);
    return row && operationOf(row);
  }

  /** What opened the account at an index, unless a deposit did. */
  created(index: number): StoredOperation | undefined {
    const row = this.#database.get("SELECT * FROM operations WHERE recipient = ? AND kind = 'creation'", index);
    return row && operationOf(row);
  }

  /** What left an account to L1, the newest first. */
  credits(sender: number, limit: number): readonly StoredOperation[] {
    const sql = `SELECT * FROM operations WHERE sender = ? AND kind IN ('withdrawal', 'forcedWithdrawal')
      ORDER BY batch DESC, row DESC LIMIT ?`;
    const rows = this.#database.all(sql, sender, limit).map(operationOf);
    // A forced withdrawal that nothing matched took nothing out.
    return rows.filter(({ amount }) => amount > 0n);
  }

  /** The newest first. */
  list({ accounts, token, batch, before, limit }: OperationFilter): readonly StoredOperation[] {
    const where = allOf([
      isOfOne(accounts),
      ["token = ?", token],
      ["batch = ?", batch],
      ["(batch, row) < (?, ?)", before?.batch, before?.row],
    ]);
    const sql = `SELECT * FROM operations WHERE ${where.sql} ORDER BY batch DESC, row DESC LIMIT ?`;
    return this.#database.all(sql, ...where.values, limit).map(operationOf);
  }
}
