import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { isAsWritten, sealedValues, sealOf } from "./seal.ts";

export type Row = Record<string, SQLOutputValue>;

/** What a file of Sheaf's is for. */
export interface FileKind {
  /** Marks the file (sqlite.org/pragma.html#pragma_application_id). */
  readonly applicationId: number;
  readonly version: number;
  /** Makes the tables. */
  readonly schema: string;
  /** Brings tables of an earlier version to this one, in the transaction that it runs in; false if it cannot. */
  readonly upgrade?: (database: Database, from: number) => boolean;
  /** `FULL` if the data exists nowhere else; otherwise the power may take the last writes with it. */
  readonly synchronous: "NORMAL" | "FULL";
  /** Whether one process has the file to itself. */
  readonly exclusive: boolean;
  /** Of another kind's or version's file, and of a damaged one. */
  readonly codes: { readonly mismatch: ErrorCode; readonly corrupt: ErrorCode };
}

/** Milliseconds to wait for another process that writes. */
const BUSY_TIMEOUT = 5000;

/**
 * One SQLite file of Sheaf's. Every call throws `STORE_BUSY`, `FILE_UNWRITABLE` or its kind's code where SQLite fails.
 *
 * A table's last column can be `seal`: a checksum of a row's other values, which is written with them and looked at
 * wherever the row is read. Such rows are to be read whole (`SELECT *`), and written by `insert` and its like. Disks, and
 * the cables to them, flip bits; SQLite itself serves whatever it finds.
 */
export class Database {
  readonly path: string;
  readonly #kind: FileKind;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens a file, or makes it, with its folder.
   *
   * @param path or ":memory:"
   * @throws SheafError the kind's code if it is a database of somebody else's or of another version
   */
  constructor(path: string, kind: FileKind) {
    this.path = path;
    this.#kind = kind;
    this.#database = this.#guarded(() => {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      return new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
    });
    try {
      if (kind.exclusive) this.#run("PRAGMA locking_mode = EXCLUSIVE");
      // Readers go on while a page is written, and a process that is killed leaves nothing half-written.
      this.#run("PRAGMA journal_mode = WAL");
      this.#run(`PRAGMA synchronous = ${kind.synchronous}`);
      this.transaction(() => this.#prepareTables());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The first row of a query's result. */
  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    const row = this.#guarded(() => this.#prepared(sql).get(...values));
    return row && this.#checked(row);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.unchecked(sql, ...values).map((row) => this.#checked(row));
  }

  /** Also rows that do not fit their seal. */
  unchecked(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guarded(() => this.#prepared(sql).all(...values));
  }

  /** Row after row, checked as they are read. */
  *each(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    const rows = this.#guarded(() => this.#database.prepare(sql).iterate(...values));
    for (;;) {
      const next = this.#guarded(() => rows.next());
      if (next.done === true) return;
      yield this.#checked(next.value);
    }
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#guarded(() => this.#prepared(sql).run(...values));
  }

  /** Adds a sealed row, given by its values in the table's order. */
  insert(table: string, ...values: SQLInputValue[]): void {
    this.#write("INSERT", table, values);
  }

  /** Adds a sealed row unless there is one with its key. */
  insertNew(table: string, ...values: SQLInputValue[]): void {
    this.#write("INSERT OR IGNORE", table, values);
  }

  /** Adds a sealed row, or puts it in the place of the one with its key. */
  replace(table: string, ...values: SQLInputValue[]): void {
    this.#write("INSERT OR REPLACE", table, values);
  }

  /** Changes values of a sealed row that was read whole. Its first column is its key. */
  update(table: string, row: Row, changes: Readonly<Record<string, SQLInputValue>>): void {
    const [[key, value]] = Object.entries(row) as [[string, SQLOutputValue]];
    const seal = sealOf(sealedValues({ ...row, ...(changes as Row) })!);
    const sql = Object.keys(changes).map((column) => `${column} = ?, `);
    this.run(`UPDATE ${table} SET ${sql.join("")}seal = ? WHERE ${key} = ?`, ...Object.values(changes), seal, value);
  }

  /** Does all of the work, or nothing of it. Nobody else writes meanwhile. */
  transaction<T>(work: () => T): T {
    this.#run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#run("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#run("ROLLBACK");
      throw error;
    }
  }

  /** Writes a page that changes nothing: SQLite writes no row that stays as it is. Throws as any write does. */
  requireWritable(): void {
    this.transaction(() => this.#run(`PRAGMA user_version = ${this.#kind.version}`));
  }

  /** Throws the kind's `corrupt` code unless tables and indexes are whole and fit each other. Takes time. */
  requireIntegrity(): void {
    const [first] = this.all("PRAGMA integrity_check(1)").map(({ integrity_check }) => String(integrity_check));
    if (first !== "ok") throw this.corrupt(first!);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepareTables(): void {
    const { applicationId, version, schema, codes } = this.#kind;
    const pragma = (name: string): SQLOutputValue => Object.values(this.get(`PRAGMA ${name}`)!)[0]!;
    const [application, found] = [pragma("application_id"), pragma("user_version")];
    if (application === 0 && found === 0 && this.get("SELECT 1 FROM sqlite_schema") === undefined) {
      this.#run(`${schema} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}`);
    } else if (application !== applicationId) {
      throw new SheafError(codes.mismatch, `${this.path} is a database, but none that belongs here`);
    } else if (found !== version && !this.#upgraded(Number(found))) {
      throw new SheafError(codes.mismatch, `${this.path} has tables of version ${found}, not ${version}`);
    }
  }

  #upgraded(from: number): boolean {
    if (this.#kind.upgrade?.(this, from) !== true) return false;
    this.#run(`PRAGMA user_version = ${this.#kind.version}`);
    return true;
  }

  #write(verb: string, table: string, values: readonly SQLInputValue[]): void {
    const marks = values.map(() => "?, ").join("");
    this.run(`${verb} INTO ${table} VALUES (${marks}?)`, ...values, sealOf(values));
  }

  #checked(row: Row): Row {
    if (isAsWritten(row)) return row;
    throw this.corrupt(`a row does not fit its checksum: ${Object.keys(row).slice(0, 2).join(", ")} …`);
  }

  /** The kind's code, for a file that contradicts itself. */
  corrupt(why: string): SheafError {
    return new SheafError(this.#kind.codes.corrupt, `${this.path} is damaged: ${why}`);
  }

  /** Several statements. */
  script(sql: string): void {
    this.#run(sql);
  }

  #run(sql: string): void {
    this.#guarded(() => this.#database.exec(sql));
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof Error) || !("code" in cause)) throw cause;
      // A number that no code of Sheaf's has written is one that Node cannot read.
      if (cause.code === "ERR_OUT_OF_RANGE") throw this.corrupt("a number is larger than any that is kept");
      const code = "errcode" in cause ? CODES[Number(cause.errcode) & 0xff] : "FILE_UNWRITABLE";
      if (code === undefined) throw cause;
      throw new SheafError(code === "corrupt" ? this.#kind.codes.corrupt : code, `${this.path}: ${cause.message}`, {
        cause,
      });
    }
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const CODES: Readonly<Record<number, ErrorCode | "corrupt">> = {
  5: "STORE_BUSY",
  6: "STORE_BUSY",
  8: "FILE_UNWRITABLE",
  10: "FILE_UNWRITABLE",
  11: "corrupt",
  13: "FILE_UNWRITABLE",
  14: "FILE_UNWRITABLE",
  26: "corrupt",
};
