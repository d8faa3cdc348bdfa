import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema.ts";

export type Row = Record<string, SQLOutputValue>;

/** Milliseconds to wait for another process that writes. */
const BUSY_TIMEOUT = 5000;

/** One SQLite file of Sheaf's. Every call throws `STORE_CORRUPT`, `STORE_BUSY` or `FILE_UNWRITABLE` where SQLite fails. */
export class Database {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens a file, or makes it, with its folder.
   *
   * @param path or ":memory:"
   * @throws SheafError STORE_MISMATCH if it is a database of somebody else's or of another version
   */
  constructor(path: string) {
    this.path = path;
    this.#database = guarded(path, () => {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      return new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
    });
    try {
      // Readers go on while a page is written, and a process that is killed leaves nothing half-written.
      this.#run("PRAGMA journal_mode = WAL");
      // The power may fail too: the file stays whole then, and what it lacks of the last pages is read from L1 again.
      this.#run("PRAGMA synchronous = NORMAL");
      this.transaction(() => this.#prepareTables());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The first row of a query's result. */
  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return guarded(this.path, () => this.#prepared(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return guarded(this.path, () => this.#prepared(sql).all(...values));
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    guarded(this.path, () => this.#prepared(sql).run(...values));
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

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepareTables(): void {
    const pragma = (name: string): SQLOutputValue => Object.values(this.get(`PRAGMA ${name}`)!)[0]!;
    const [application, version] = [pragma("application_id"), pragma("user_version")];
    if (application === 0 && version === 0 && this.get("SELECT 1 FROM sqlite_schema") === undefined) {
      this.#run(`${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    } else if (application !== APPLICATION_ID) {
      throw new SheafError("STORE_MISMATCH", `${this.path} is a database, but not a store of Sheaf's`);
    } else if (version !== SCHEMA_VERSION) {
      throw new SheafError("STORE_MISMATCH", `${this.path} has tables of version ${version}, not ${SCHEMA_VERSION}`);
    }
  }

  #run(sql: string): void {
    guarded(this.path, () => this.#database.exec(sql));
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const CODES: Readonly<Record<number, ErrorCode>> = {
  5: "STORE_BUSY",
  6: "STORE_BUSY",
  8: "FILE_UNWRITABLE",
  10: "FILE_UNWRITABLE",
  11: "STORE_CORRUPT",
  13: "FILE_UNWRITABLE",
  14: "FILE_UNWRITABLE",
  26: "STORE_CORRUPT",
};

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause)) throw cause;
    const code = "errcode" in cause ? CODES[Number(cause.errcode) & 0xff] : "FILE_UNWRITABLE";
    if (code === undefined) throw cause;
    throw new SheafError(code, `${path}: ${cause.message}`, { cause });
  }
}
