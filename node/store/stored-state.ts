import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { Account } from "../../protocol/account.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { RollupState, StateSource } from "../../protocol/state.ts";
import type { Steps } from "../../protocol/steps.ts";
import { nodeKey } from "../../protocol/tree.ts";
import type { Row } from "./database.ts";
import type { SealedDatabase } from "./sealed-database.ts";
import { accountOf, addressToBytes, amountToBytes, elementToBytes, toBigint } from "./values.ts";

/** Accounts that are counted at a time. */
const PAGE = 4_096;

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
  readonly #database: SealedDatabase;
  readonly #batch: number;

  /** @param batch number of the batch; 0 for the genesis state */
  constructor(database: SealedDatabase, batch: number) {
    this.#database = database;
    this.#batch = batch;
  }

  account(index: number): Account | undefined {
    const row = this.#database.get(
      "SELECT * FROM accounts WHERE place = ? AND batch <= ? ORDER BY batch DESC LIMIT 1",
      index,
      this.#batch,
    );
    this.#requireLeaf(index, row?.["batch"]);
    return row && accountOf(row);
  }

  node(level: number, position: number): bigint | undefined {
    const row = this.#node(level, position);
    return row && toBigint(row["hash"]);
  }

  #node(level: number, position: number): Row | undefined {
    return this.#database.get(
      "SELECT * FROM nodes WHERE key = ? AND batch <= ? ORDER BY batch DESC LIMIT 1",
      nodeKey(level, position),
      this.#batch,
    );
  }

  #requireLeaf(index: number, batch: SQLOutputValue | undefined): void {
    this.#requireSame(index, batch, this.#node(0, index)?.["batch"]);
  }

  /** Each change of an account is one of its leaf: if the newest version cannot be found, an older one must not be served. */
  #requireSame(index: number, account: SQLOutputValue | undefined, leaf: SQLOutputValue | undefined): void {
    if (account === leaf) return;
    const [has, lacks] = [account, leaf].map((batch) => (batch === undefined ? "missing" : `of batch ${batch}`));
    throw this.#damaged(`account ${index} is ${has}, its leaf ${lacks}`);
  }

  #damaged(why: string): SheafError {
    const error = new SheafError("STORE_CORRUPT", `${this.#database.path} is damaged: ${why}`);
    this.#database.note(error);
    return error;
  }

  accounts(): ReadonlyMap<number, Account> {
    // In SQLite the other columns of a row with MAX() are those of the greatest (sqlite.org/quirks.html).
    const rows = this.#database.all(
      "SELECT *, MAX(batch) FROM accounts WHERE batch <= ? GROUP BY place ORDER BY place",
      this.#batch,
    );
    const leaves = this.#database.all(
      "SELECT *, MAX(batch) FROM nodes WHERE key < ? AND batch <= ? GROUP BY key ORDER BY key",
      nodeKey(1, 0),
      this.#batch,
    );
    const versions = new Map(leaves.map(({ key, batch }) => [key, batch]));
    for (const { place, batch } of rows) this.#requireSame(Number(place), batch, versions.get(place));
    if (leaves.length > rows.length)
      throw this.#damaged(`there are ${leaves.length} leaves, and ${rows.length} accounts`);
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

  /** Indexes of accounts that batches after an earlier one have changed. */
  changedSince(batch: number): readonly number[] {
    const sql = "SELECT DISTINCT place FROM accounts WHERE batch > ? AND batch <= ?";
    return this.#database.all(sql, batch, this.#batch).map(({ place }) => Number(place));
  }

  /** How many accounts there are; all are gone through, some at a time. */
  *countSteps(): Steps<number> {
    let [count, after] = [0, 0];
    for (;;) {
      const page = this.indexes({ after, limit: PAGE });
      count += page.length;
      if (page.length < PAGE) return count;
      after = page.at(-1)!;
      yield;
    }
  }

  /** How many accounts there are that were not there after an earlier batch. */
  countSince(batch: number): number {
    const sql = `SELECT COUNT(DISTINCT place) AS n FROM accounts AS later WHERE batch > ? AND batch <= ? AND NOT EXISTS
      (SELECT 1 FROM accounts WHERE place = later.place AND batch <= ?)`;
    return Number(this.#database.get(sql, batch, this.#batch, batch)!["n"]);
  }
}

/** Writes what a batch changed in the state. */
export function writeChanges(
  database: SealedDatabase,
  batch: number,
  { accounts, nodes }: RollupState["changes"],
): void {
  for (const [index, { pubKeyY, l1Address, token, balance, nonce }] of accounts) {
    database.insert(
      "accounts",
      ...[index, batch, elementToBytes(pubKeyY), addressToBytes(l1Address), token, amountToBytes(balance), nonce],
    );
  }
  for (const [key, hash] of nodes) {
    database.insert("nodes", key, batch, elementToBytes(hash));
  }
}
