import type { Database, FileKind } from "../store/database.ts";
import { sealOf } from "../store/seal.ts";
import { rmSync } from "node:fs";
import type { SQLOutputValue } from "node:sqlite";
import { hashAfter, HeadFile, headPathOf, NO_HEAD, type Head } from "./head-file.ts";

/** What `seen` has at first. */
export const NOTHING_SEEN = [0, "", 0, null, ""] as const;

const TRANSACTIONS = `
CREATE TABLE transactions ( -- sent to L1, or about to be
  sequence INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  first INTEGER NOT NULL, -- number of the first of the batches in it
  last INTEGER NOT NULL,
  nonce INTEGER NOT NULL, -- of the L1 account
  raw TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT;
CREATE INDEX transactions_by_batch ON transactions (last);
CREATE INDEX transactions_by_nonce ON transactions (nonce);
`;

const PARCELS = `
CREATE TABLE parcels ( -- batches that share a blob, until no reorganisation can take them back
  sequence INTEGER PRIMARY KEY,
  last INTEGER NOT NULL, -- number of the last of the batches
  z TEXT NOT NULL, -- where the blob is evaluated, which tells parcels apart
  content BLOB NOT NULL,
  seal INTEGER NOT NULL
) STRICT;
`;

/**
 * What L1 does not know. Values of our own types, which nothing is searched by, are in the serialisation of
 * `node:v8`, made to be stored. `seal` is a checksum of a row's other values.
 */
const SCHEMA = `
CREATE TABLE rollup (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  chain_id INTEGER NOT NULL,
  address TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT;

CREATE TABLE operations ( -- accepted ones
  sequence INTEGER PRIMARY KEY, -- in the order of arrival
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  sender INTEGER NOT NULL, -- 0 for a creation
  recipient INTEGER NOT NULL, -- 0 for a withdrawal
  token INTEGER NOT NULL,
  nonce INTEGER, -- of a signed one
  content BLOB NOT NULL,
  submitted_at INTEGER NOT NULL, -- milliseconds of Unix time
  status TEXT NOT NULL,
  batch INTEGER,
  code TEXT, -- why it was rejected, also where L1 has executed it since
  message TEXT,
  hash TEXT NOT NULL, -- of this and all that were accepted before
  seal INTEGER NOT NULL
) STRICT;
CREATE INDEX operations_by_status ON operations (status, sequence);
CREATE INDEX operations_by_sender ON operations (sender, nonce);
CREATE INDEX operations_by_recipient ON operations (recipient);
CREATE INDEX operations_by_batch ON operations (batch);

CREATE TABLE replaced ( -- openings that were rejected, and asked for again
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT;

CREATE TABLE batches ( -- made here, until no reorganisation can take them back
  number INTEGER PRIMARY KEY,
  content BLOB NOT NULL,
  proof BLOB,
  seal INTEGER NOT NULL
) STRICT;

${TRANSACTIONS}
${PARCELS}
CREATE TABLE carriers ( -- batches that transactions hold, until L1's final state excludes them
  identity TEXT PRIMARY KEY,
  batch INTEGER NOT NULL,
  content BLOB NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seen ( -- L1's batches whose operations have their status, without those before the last final one
  number INTEGER PRIMARY KEY,
  chain TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  root TEXT, -- after it; not kept of the state before all batches
  l1_transaction TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT;
INSERT INTO seen VALUES (0, '', 0, NULL, '', ${sealOf(NOTHING_SEEN)});
`;

/** The tables that were there before version 4, and the first version with the columns of that one, without the seal. */
const EARLIER = { rollup: 1, operations: 1, batches: 1, transactions: 1, carriers: 2, seen: 2 } as const;

/**
 * From version 4 on each row has a seal, and each operation the hash of the chain up to it. From version 5 on a transaction
 * may hold several batches, from version 6 on batches may share a blob.
 */
function upgrade(database: Database, from: number): boolean {
  if (from < 1 || from > 5) return false;
  database.requireIntegrity();
  if (from >= 4) database.script(PARCELS);
  if (from === 5) return true;
  if (from === 4) {
    database.run("DROP INDEX transactions_by_batch");
    database.run("DROP INDEX transactions_by_nonce");
    database.run("ALTER TABLE transactions RENAME TO old_transactions");
    database.script(TRANSACTIONS);
    for (const row of database.each("SELECT * FROM old_transactions ORDER BY 1")) {
      database.insert("transactions", ...ofOneBatch(Object.values(row).slice(0, -1)));
    }
    database.run("DROP TABLE old_transactions");
    return true;
  }
  const indexes = database.all("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
  for (const { name } of indexes) database.run(`DROP INDEX ${String(name)}`);
  const tables = database
    .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .map(({ name }) => String(name));
  for (const table of tables) database.run(`ALTER TABLE ${table} RENAME TO old_${table}`);
  database.script(SCHEMA);
  for (const [table, since] of Object.entries(EARLIER)) {
    if (from < since || !tables.includes(table)) continue;
    // Where it is not copied, all of L1's batches are seen anew, which changes nothing.
    if (table === "seen") database.run("DELETE FROM seen");
    let { hash } = NO_HEAD;
    for (const row of database.each(`SELECT * FROM old_${table} ORDER BY 1`)) {
      const values = Object.values(row);
      if (table === "operations") values.push((hash = hashAfter(hash, String(row["id"]))));
      database.insert(table, ...(table === "transactions" ? ofOneBatch(values) : values));
    }
  }
  if (tables.includes("head")) forgetHead(database);
  for (const table of tables) database.run(`DROP TABLE old_${table}`);
  return true;
}

/** A transaction's values with its batch as the last one too. */
const ofOneBatch = ([sequence, hash, batch, ...rest]: readonly SQLOutputValue[]): readonly SQLOutputValue[] => [
  ...[sequence!, hash!, batch!, batch!],
  ...rest,
];

/** The chain has other hashes now where an opening was asked for again. A head that was not reached stays: that is told. */
function forgetHead(database: Database): void {
  if (database.path === ":memory:") return;
  const path = headPathOf(database.path);
  const { sequence, hash } = database.get("SELECT * FROM old_head") as unknown as Head;
  const known = HeadFile.read(path);
  if (known?.sequence === sequence && known.hash === hash) rmSync(path);
}

/** "SHEN". Nothing of it is elsewhere, and two nodes that write it would contradict each other. */
export const POOL_FILE: FileKind = {
  applicationId: 0x5348454e,
  version: 6, // raised with every change of the tables, of which `upgrade` must know
  schema: SCHEMA,
  upgrade,
  synchronous: "FULL",
  exclusive: true,
  codes: { mismatch: "NODE_DATA_MISMATCH", corrupt: "NODE_DATA_CORRUPT" },
};
