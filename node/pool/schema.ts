import type { FileKind } from "../store/database.ts";

/**
 * What L1 does not know. Values of our own types, which nothing is searched by, are in the serialisation of
 * `node:v8`, made to be stored.
 */
const SCHEMA = `
CREATE TABLE rollup (one INTEGER PRIMARY KEY CHECK (one = 1), chain_id INTEGER NOT NULL, address TEXT NOT NULL) STRICT;

CREATE TABLE operations ( -- accepted ones
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of arrival
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
  message TEXT
) STRICT;
CREATE INDEX operations_by_status ON operations (status, sequence);
CREATE INDEX operations_by_sender ON operations (sender, nonce);
CREATE INDEX operations_by_recipient ON operations (recipient);
CREATE INDEX operations_by_batch ON operations (batch);

CREATE TABLE batches ( -- made here, until no reorganisation can take them back
  number INTEGER PRIMARY KEY,
  content BLOB NOT NULL,
  proof BLOB
) STRICT;

CREATE TABLE transactions ( -- sent to L1, or about to be
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  batch INTEGER NOT NULL,
  nonce INTEGER NOT NULL, -- of the L1 account
  raw TEXT NOT NULL
) STRICT;
CREATE INDEX transactions_by_batch ON transactions (batch);
CREATE INDEX transactions_by_nonce ON transactions (nonce);

CREATE TABLE carriers ( -- batches that transactions hold, until L1's final state excludes them
  identity TEXT PRIMARY KEY,
  batch INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seen ( -- L1's batches whose operations have their status, without those before the last final one
  number INTEGER PRIMARY KEY,
  chain TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  root TEXT, -- after it; not kept of the state before all batches
  l1_transaction TEXT NOT NULL
) STRICT;
INSERT INTO seen VALUES (0, '', 0, NULL, '');
`;

/** "SHEN". Nothing of it is elsewhere, and two nodes that write it would contradict each other. */
export const POOL_FILE: FileKind = {
  applicationId: 0x5348454e,
  version: 2, // raised with every change of the tables
  schema: SCHEMA,
  synchronous: "FULL",
  exclusive: true,
  codes: { mismatch: "NODE_DATA_MISMATCH", corrupt: "NODE_DATA_CORRUPT" },
};
