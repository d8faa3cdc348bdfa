import { SheafError } from "../../protocol/errors.ts";
import { Database, type Row } from "../store/database.ts";
import { isAsWritten } from "../store/seal.ts";
import { hashAfter, HeadFile, headPathOf, NO_HEAD, type Head } from "./head-file.ts";
import { PooledOperations } from "./operations.ts";
import { NOTHING_SEEN, POOL_FILE } from "./schema.ts";

/** Tables with the column that tells rows apart, and what a row of theirs is called. */
const TABLES = [
  ["rollup", "one", "mark"],
  ["operations", "sequence", "operation"],
  ["replaced", "sequence", "replaced opening"],
  ["batches", "number", "batch"],
  ["transactions", "sequence", "transaction"],
  ["parcels", "sequence", "parting of batches among blobs"],
  ["carriers", "identity", "sent batch"],
  ["seen", "number", "batch of L1"],
] as const;
/** Rows that are looked at in one go. */
const SLICE = 1000;
/** So many damaged rows are named. */
const NAMED = 20;

/** What is wrong with the file of a pool, in words. */
export interface Faults {
  /** Rows that are not as they were written. */
  readonly altered: readonly string[];
  /** Numbers of acknowledged operations that are not there, from the first to the last of each gap. */
  readonly missing: readonly string[];
}

/**
 * Looks at every row of a pool's file: whether it is as it was written, and whether every operation is there that was
 * acknowledged. Where the file of the head is gone, the operator has said that the node shall go on without what is
 * damaged: it is taken out.
 *
 * Takes time that grows with the file, and blocks.
 *
 * @returns what was taken out
 * @throws SheafError NODE_DATA_INCOMPLETE, and the codes of `Database`
 */
export function auditPool(path: string): Faults {
  const database = new Database(path, POOL_FILE);
  try {
    database.requireIntegrity();
    const head = HeadFile.read(headPathOf(path));
    const altered = alteredIn(database);
    const found = { altered: altered.map(({ name }) => name), missing: missingIn(database, head) };
    if (head === undefined) database.transaction(() => mend(database, altered, found));
    else requireNone(path, found);
    return found;
  } finally {
    database.close();
  }
}

/** In words. */
export function nameFaults({ altered, missing }: Faults): string {
  const list = (names: readonly string[]): string =>
    [...names.slice(0, NAMED), ...(names.length > NAMED ? [`and ${names.length - NAMED} more`] : [])].join(", ");
  return [
    ...(missing.length > 0 ? [`lacks operations that were acknowledged: ${list(missing)}`] : []),
    ...(altered.length > 0 ? [`holds what is not as it was written: ${list(altered)}`] : []),
  ].join("; it ");
}

function requireNone(path: string, faults: Faults): void {
  if (faults.altered.length === 0 && faults.missing.length === 0) return;
  throw new SheafError("NODE_DATA_INCOMPLETE", `${path} ${nameFaults(faults)}`);
}

interface Altered {
  readonly table: string;
  readonly key: string;
  readonly row: Row;
  readonly name: string;
}

function alteredIn(database: Database): readonly Altered[] {
  const altered: Altered[] = [];
  for (const [table, key, what] of TABLES) {
    for (const row of rowsOf(database, table, key)) {
      if (!isAsWritten(row)) altered.push({ table, key, row, name: `${what} ${row[key]}${idOf(row)}` });
    }
  }
  return altered;
}

const idOf = ({ id, kind }: Row): string => (id === undefined || kind === undefined ? "" : ` (${String(id)})`);

/** All of a table's rows, also those that do not fit their seal. */
function* rowsOf(database: Database, table: string, key: string): Iterable<Row> {
  let last: Row | undefined;
  do {
    const after = last === undefined ? "" : `WHERE ${key} > ?`;
    const sql = `SELECT * FROM ${table} ${after} ORDER BY ${key} LIMIT ${SLICE}`;
    const rows = database.unchecked(sql, ...(last === undefined ? [] : [last[key]!]));
    yield* rows;
    last = rows.at(-1);
  } while (last !== undefined);
}

interface Link extends Head {
  readonly id: string;
}

function* chainOf(database: Database): Iterable<Link> {
  const replaced = new Map<number, Row>();
  for (const row of rowsOf(database, "replaced", "sequence")) replaced.set(Number(row["sequence"]), row);
  const before = [...replaced.values()];
  const link = (row: Row): Link => ({
    sequence: Number(row["sequence"]),
    id: String(row["id"]),
    hash: String(row["hash"]),
  });
  for (const row of rowsOf(database, "operations", "sequence")) {
    while (before[0] !== undefined && Number(before[0]["sequence"]) < Number(row["sequence"]))
      yield link(before.shift()!);
    yield link(row);
  }
}

/** A link whose own row is altered says nothing of others: it is named already. */
function missingIn(database: Database, head: Head | undefined): readonly string[] {
  const missing: string[] = [];
  let last = NO_HEAD;
  let isHeadThere = head === undefined || head.sequence === 0;
  for (const { sequence, id, hash } of chainOf(database)) {
    if (hash !== hashAfter(last.hash, id) && sequence > last.sequence + 1) {
      missing.push(numbers(last.sequence + 1, sequence - 1));
    }
    if (sequence === head?.sequence) isHeadThere = hash === head.hash;
    last = { sequence, hash };
  }
  if (head !== undefined && head.sequence > last.sequence) missing.push(numbers(last.sequence + 1, head.sequence));
  else if (!isHeadThere) missing.push(`those up to number ${head!.sequence}, in whose place are others`);
  return missing;
}

const numbers = (first: number, last: number): string =>
  first === last ? `number ${first}` : `numbers ${first} to ${last}`;

/** Takes altered rows out. Batches under way may have held them: these are made anew, and L1's batches looked at again. */
function mend(database: Database, altered: readonly Altered[], { missing }: Faults): void {
  if (altered.length === 0 && missing.length === 0) return;
  for (const { table, key, row } of altered) database.run(`DELETE FROM ${table} WHERE ${key} = ?`, row[key]!);
  for (const table of ["batches", "parcels", "replaced", "seen"]) database.run(`DELETE FROM ${table}`);
  database.insert("seen", ...NOTHING_SEEN);
  new PooledOperations(database, () => undefined).returnFrom(0);
  let { hash } = NO_HEAD;
  for (const row of rowsOf(database, "operations", "sequence")) {
    hash = hashAfter(hash, String(row["id"]));
    if (row["hash"] !== hash) database.update("operations", row, { hash });
  }
}
