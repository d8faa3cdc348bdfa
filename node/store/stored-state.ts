import type { SQLInputValue } from "node:sqlite";
import type { Account } from "../../protocol/account.ts";
import type { RollupState, StateSource } from "../../protocol/state.ts";
import { nodeKey } from "../../protocol/tree.ts";
import type { Database } from "./database.ts";
import { accountOf, addressToBytes, amountToBytes, elementToBytes, toBigint } from "./values.ts";

/** Which accounts are wanted. */
export interface AccountFilter {
  readonly after: number;
  readonly limit: number;
  readonly pubKeyY?: bigint | undefined;
  readonly l1Address?: bigint | undefined;
  readonly token?: number | undefined;
}

/** The accounts and the tree in a store, as they were after a batch. Nothing is held in memory. */
export class StoredState implements StateSource {
  readonly #database: Database;
  readonly #batch: number;

  /** @param batch number of the batch; 0 for the genesis state */
  constructor(database: Database, batch: number) {
    this.#database = database;
    this.#batch = batch;
  }

  account(index: number): Account | undefined {
    const row = this.#database.get(
      "SELECT * FROM accounts WHERE place = ? AND batch <= ? ORDER BY batch DESC LIMIT 1",
      index,
      this.#batch,
    );
    return row && accountOf(row);
  }

  node(level: number, position: number): bigint | undefined {
    const row = this.#database.get(
      "SELECT hash FROM nodes WHERE key = ? AND batch <= ? ORDER BY batch DESC LIMIT 1",
      nodeKey(level, position),
      this.#batch,
    );
    return row && toBigint(row["hash"]);
  }

  accounts(): ReadonlyMap<number, Account> {
    // In SQLite the other columns of a row with MAX() are those of the greatest (sqlite.org/quirks.html).
    const rows = this.#database.all(
      "SELECT *, MAX(batch) FROM accounts WHERE batch <= ? GROUP BY place ORDER BY place",
      this.#batch,
    );
    return new Map(rows.map((row) => [Number(row["place"]), accountOf(row)]));
  }

  /** Accounts that name an L1 address, by index. */
  accountsOf(l1Address: bigint): ReadonlyMap<number, Account> {
    const rows = this.#database.all(
      "SELECT DISTINCT place FROM accounts WHERE l1_address = ? AND batch <= ? ORDER BY place",
      addressToBytes(l1Address),
      this.#batch,
    );
    return new Map(rows.map(({ place }) => [Number(place), this.account(Number(place))!]));
  }

  /** Indexes of accounts after an index, in order. */
  indexes({ after, limit, pubKeyY, l1Address, token }: AccountFilter): readonly number[] {
    const conditions = ["place > ?", "batch <= ?"];
    const values: SQLInputValue[] = [after, this.#batch];
    const where = (column: string, value: SQLInputValue | undefined): void => {
      if (value === undefined) return;
      conditions.push(`${column} = ?`);
      values.push(value);
    };
    where("pub_key_y", pubKeyY === undefined ? undefined : elementToBytes(pubKeyY));
    where("l1_address", l1Address === undefined ? undefined : addressToBytes(l1Address));
    where("token", token);
    const sql = `SELECT DISTINCT place FROM accounts WHERE ${conditions.join(" AND ")} ORDER BY place LIMIT ?`;
    return this.#database.all(sql, ...values, limit).map(({ place }) => Number(place));
  }

  /** How many accounts there are, of which none was there after an earlier batch. All are gone through but for those. */
  count(since = 0): number {
    const sql = `SELECT COUNT(DISTINCT place) AS n FROM accounts AS later WHERE batch > ? AND batch <= ? AND NOT EXISTS
      (SELECT 1 FROM accounts WHERE place = later.place AND batch <= ?)`;
    return Number(this.#database.get(sql, since, this.#batch, since)!["n"]);
  }
}

/** Writes what a batch changed in the state. */
export function writeChanges(database: Database, batch: number, { accounts, nodes }: RollupState["changes"]): void {
  for (const [index, { pubKeyY, l1Address, token, balance, nonce }] of accounts) {
    database.run(
      "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[index, batch, elementToBytes(pubKeyY), addressToBytes(l1Address), token, amountToBytes(balance), nonce],
    );
  }
  for (const [key, hash] of nodes) {
    database.run("INSERT INTO nodes VALUES (?, ?, ?)", key, batch, elementToBytes(hash));
  }
}
