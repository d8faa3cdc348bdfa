/** The tables of `node.db` as earlier versions made them: they are out in the world. */
const OPERATIONS = `
CREATE TABLE rollup (one INTEGER PRIMARY KEY CHECK (one = 1), chain_id INTEGER NOT NULL, address TEXT NOT NULL) STRICT;
CREATE TABLE operations (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  sender INTEGER NOT NULL,
  recipient INTEGER NOT NULL,
  token INTEGER NOT NULL,
  nonce INTEGER,
  content BLOB NOT NULL,
  submitted_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  batch INTEGER,
  code TEXT,
  message TEXT
) STRICT;
CREATE INDEX operations_by_status ON operations (status, sequence);
CREATE INDEX operations_by_sender ON operations (sender, nonce);
CREATE INDEX operations_by_recipient ON operations (recipient);
CREATE INDEX operations_by_batch ON operations (batch);
CREATE TABLE batches (number INTEGER PRIMARY KEY, content BLOB NOT NULL, proof BLOB) STRICT;
CREATE TABLE transactions (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  batch INTEGER NOT NULL,
  nonce INTEGER NOT NULL,
  raw TEXT NOT NULL
) STRICT;
CREATE INDEX transactions_by_batch ON transactions (batch);
CREATE INDEX transactions_by_nonce ON transactions (nonce);
`;
const SEEN_1 = `
CREATE TABLE seen (number INTEGER PRIMARY KEY, chain TEXT NOT NULL) STRICT;
INSERT INTO seen VALUES (0, '');
`;
const SEEN_2 = `
CREATE TABLE carriers (
  identity TEXT PRIMARY KEY,
  batch INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE seen (
  number INTEGER PRIMARY KEY,
  chain TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  root TEXT,
  l1_transaction TEXT NOT NULL
) STRICT;
INSERT INTO seen VALUES (0, '', 0, NULL, ''), (1, '0x01', 5, '6', '0x07');
`;
const HEAD_3 = `
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
INSERT INTO head VALUES (1, 0, '');
`;

/** What version 4, whose rows have seals, had in place of today's table. */
export const TRANSACTIONS_4 = `
DROP TABLE parcels;
DROP TABLE transactions;
CREATE TABLE transactions (
  sequence INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  batch INTEGER NOT NULL,
  nonce INTEGER NOT NULL,
  raw TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT;
CREATE INDEX transactions_by_batch ON transactions (batch);
CREATE INDEX transactions_by_nonce ON transactions (nonce);
`;

/** By version. */
export const OLD_POOLS: Readonly<Record<number, string>> = {
  1: OPERATIONS + SEEN_1,
  2: OPERATIONS + SEEN_2,
  3: OPERATIONS + SEEN_2 + HEAD_3,
};
