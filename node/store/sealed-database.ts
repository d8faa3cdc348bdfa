import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { SQLInputValue } from "node:sqlite";
import { SheafError } from "../../protocol/errors.ts";
import { Database, type FileKind, type Row } from "./database.ts";

/** What SQLite keeps beside a file. */
const COMPANIONS = ["-wal", "-shm"] as const;
/**
 * Beside a file in which a row was found that does not fit its seal: whoever opens it next need not find that out again.
 */
const DAMAGED = "-damaged";

/**
 * A SQLite file whose damage shows, and which can be made again: each row has a seal (see `Database`), and at the start
 * SQLite sees whether tables and indexes are whole and fit each other. Once damage has shown, nothing is served any more
 * until `replaceBy`.
 */
export class SealedDatabase {
  readonly #kind: FileKind;
  #database: Database;
  #damage: SheafError | undefined;

  /**
   * As `Database`.
   *
   * @throws SheafError also the kind's `corrupt` code, for a file of another version too
   */
  constructor(path: string, kind: FileKind) {
    this.#kind = kind;
    if (existsSync(path + DAMAGED)) throw this.#corrupt(path, "it was found damaged");
    const fault = faultOfHeader(path, kind);
    if (fault !== undefined) throw this.#corrupt(path, fault);
    this.#database = this.#open(path);
  }

  get path(): string {
    return this.#database.path;
  }

  /** What is wrong with the file, if that has shown. */
  get damage(): SheafError | undefined {
    return this.#damage;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guarded(() => this.#database.get(sql, ...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guarded(() => this.#database.all(sql, ...values));
  }

  /** What writes no values. */
  run(sql: string, ...values: SQLInputValue[]): void {
    this.#guarded(() => this.#database.run(sql, ...values));
  }

  /** Adds a row, given by its values in the table's order. */
  insert(table: string, ...values: SQLInputValue[]): void {
    this.#guarded(() => this.#database.insert(table, ...values));
  }

  /** Adds a row unless there is one with its key. */
  insertNew(table: string, ...values: SQLInputValue[]): void {
    this.#guarded(() => this.#database.insertNew(table, ...values));
  }

  /** Adds a row, or puts it in the place of the one with its key. */
  replace(table: string, ...values: SQLInputValue[]): void {
    this.#guarded(() => this.#database.replace(table, ...values));
  }

  transaction<T>(work: () => T): T {
    return this.#guarded(() => this.#database.transaction(work));
  }

  close(): void {
    this.#database.close();
  }

  /** Puts another file, which nobody has open, in the place of this one. */
  replaceBy(path: string): void {
    const { path: own } = this;
    this.#database.close();
    setAside(own);
    renameSync(path, own);
    this.#database = this.#open(own);
    this.#damage = undefined;
  }

  #open(path: string): Database {
    const database = new Database(path, this.#kind);
    try {
      requireWhole(database, this.#kind);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #guarded<T>(work: () => T): T {
    if (this.#damage !== undefined) throw this.#damage;
    try {
      return work();
    } catch (error) {
      if (error instanceof SheafError && error.code === this.#kind.codes.corrupt) this.note(error);
      throw error;
    }
  }

  /** Damage that has shown elsewhere: rows that were read contradict each other. */
  note(error: SheafError): void {
    this.#damage ??= error;
    if (this.path === ":memory:") return;
    try {
      writeFileSync(this.path + DAMAGED, error.message);
    } catch {
      // Whoever opens the file next will see for himself.
    }
  }

  #corrupt(path: string, why: string): SheafError {
    return new SheafError(this.#kind.codes.corrupt, `${path} is damaged: ${why}`);
  }
}

/** Moves a damaged file out of the way, in the place of an earlier one. */
export function setAside(path: string): void {
  for (const companion of ["", ...COMPANIONS]) {
    if (existsSync(path + companion)) renameSync(path + companion, `${path}.aside${companion}`);
    else rmSync(`${path}.aside${companion}`, { force: true });
  }
  rmSync(path + DAMAGED, { force: true });
}

/** Removes a file, if it is there, and what belongs to it. */
export function removeFile(path: string): void {
  for (const companion of ["", ...COMPANIONS, DAMAGED]) rmSync(path + companion, { force: true });
}

/** Throws the kind's `corrupt` code. Takes time that grows with the file. */
function requireWhole(database: Database, { schema, codes }: FileKind): void {
  const made = new Database(":memory:", { schema, codes, ...IN_MEMORY });
  const tables = (from: Database): string =>
    JSON.stringify(from.all("SELECT type, name, sql FROM sqlite_schema ORDER BY name"));
  const isSame = tables(made) === tables(database);
  made.close();
  if (!isSame) throw database.corrupt("its tables are not those of a store");
  database.requireIntegrity();
}

const IN_MEMORY = { applicationId: 1, version: 1, synchronous: "NORMAL", exclusive: false } as const;

/**
 * Places in a file's first bytes that are the same in all files of ours, and what stands there
 * (sqlite.org/fileformat.html).
 */
const HEADER: readonly (readonly [offset: number, length: number, values: readonly number[]])[] = [
  [16, 2, [4096]], // bytes of a page
  [18, 1, [1, 2]], // how the file is written, and read: with a log or not
  [19, 1, [1, 2]],
  [20, 4, [0x00402020]],
  [44, 4, [0, 4]], // format of the tables
  [52, 4, [0]], // it is not vacuumed by itself
  [56, 4, [0, 1]], // UTF-8
  [64, 4, [0]],
];
const [VERSION, APPLICATION] = [60, 68];

/** What is wrong with a file's first bytes; `undefined` for one that is not there yet, or that is not ours at all. */
function faultOfHeader(path: string, { applicationId, version }: FileKind): string | undefined {
  if (path === ":memory:" || !existsSync(path)) return undefined;
  const bytes = Buffer.alloc(100);
  const file = openSync(path, "r");
  try {
    if (readSync(file, bytes) < bytes.length) return undefined;
  } finally {
    closeSync(file);
  }
  const [application, found] = [bytes.readUInt32BE(APPLICATION), bytes.readUInt32BE(VERSION)];
  // Before the first checkpoint both stand in the log alone.
  const isOurs = application === applicationId || (application === 0 && found === 0);
  if (!isOurs) return isOneBit(application ^ applicationId) ? "its mark is not quite a store's" : undefined;
  if (application !== 0 && found !== version) return `its tables are of version ${found}, not ${version}`;
  const wrong = HEADER.find(([offset, length, values]) => !values.includes(bytes.readUIntBE(offset, length)));
  return wrong && `its header has no ${wrong[2].join(" or ")} at ${wrong[0]}`;
}

const isOneBit = (bits: number): boolean => bits !== 0 && (bits & (bits - 1)) === 0;
