import type { FileKind } from "./database.ts";

/**
 * Accounts and nodes are kept by the batch that set them: the state after any batch can be read, and is taken back by
 * deleting newer rows. So is everything else by the block that it is from. Addresses, keys and hashes are bytes;
 * amounts, which can pass 64 bits, too, most significant first. `seal` is a checksum of a row's other values.
 */
const SCHEMA = `
CREATE TABLE rollup (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  chain_id INTEGER NOT NULL,
  address TEXT NOT NULL,
  verified INTEGER NOT NULL, -- block up to which the contract's own values agreed
  final INTEGER NOT NULL, -- block that no reorganisation can take back
  snapshot INTEGER NOT NULL, -- batch whose state is the first that is known, if a snapshot had it; 0 for all
  seal INTEGER NOT NULL
) STRICT;

CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, seal INTEGER NOT NULL) STRICT;

CREATE TABLE sizes (
  id INTEGER PRIMARY KEY,
  block INTEGER NOT NULL,
  verifier TEXT NOT NULL,
  transfers INTEGER NOT NULL,
  l1_operations INTEGER NOT NULL,
  withdrawals INTEGER NOT NULL,
  circuit_hash TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (id INTEGER PRIMARY KEY, block INTEGER NOT NULL, address TEXT NOT NULL, seal INTEGER NOT NULL) STRICT;

CREATE TABLE queue (
  place INTEGER PRIMARY KEY, -- counted from the first operation ever queued
  block INTEGER NOT NULL,
  kind TEXT NOT NULL,
  account INTEGER NOT NULL, -- index of a forced withdrawal, 0 for a deposit
  token INTEGER NOT NULL,
  l1_address BLOB NOT NULL,
  pub_key_y BLOB NOT NULL,
  amount BLOB NOT NULL,
  refund_address TEXT NOT NULL,
  deadline INTEGER NOT NULL,
  cumulative_hash TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT;

CREATE INDEX queue_by_block ON queue (block);

CREATE TABLE batches (
  number INTEGER PRIMARY KEY,
  block INTEGER NOT NULL,
  tx_hash TEXT NOT NULL,
  size INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  root BLOB NOT NULL,
  queue_end INTEGER NOT NULL,
  chain TEXT NOT NULL,
  words BLOB NOT NULL,
  versioned_hash TEXT, -- of the blob that its transfers are in, if they are in one
  blob_start INTEGER, -- and the place of their first word among its coefficients
  seal INTEGER NOT NULL
) STRICT;

CREATE TABLE blobs ( -- stays, whatever L1 takes back
  versioned_hash TEXT PRIMARY KEY,
  coefficients BLOB NOT NULL, -- of 31 bytes each, without zeros at the end
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_by_block ON batches (block);
CREATE INDEX batches_by_root ON batches (root);

CREATE TABLE operations ( -- every row of every batch
  batch INTEGER NOT NULL,
  row INTEGER NOT NULL, -- among all of the batch's: L1 operations, then withdrawals, then transfers
  block INTEGER NOT NULL,
  kind TEXT NOT NULL,
  place INTEGER, -- in L1's queue, if it is from there
  sender INTEGER NOT NULL, -- 0 stands for L1
  recipient INTEGER NOT NULL,
  token INTEGER NOT NULL,
  amount BLOB NOT NULL,
  fee BLOB NOT NULL,
  nonce INTEGER, -- of a signed operation
  seal INTEGER NOT NULL,
  PRIMARY KEY (batch, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_by_block ON operations (block);
CREATE INDEX operations_by_sender ON operations (sender, nonce);
CREATE INDEX operations_by_recipient ON operations (recipient);
CREATE INDEX operations_by_place ON operations (place);

CREATE TABLE payouts ( -- to L1: credits by batches, then what was pulled
  block INTEGER NOT NULL,
  log INTEGER NOT NULL,
  kind TEXT NOT NULL,
  token INTEGER NOT NULL,
  l1_address BLOB NOT NULL,
  amount BLOB NOT NULL,
  left BLOB NOT NULL, -- what the address can pull after it
  seal INTEGER NOT NULL,
  PRIMARY KEY (block, log)
) STRICT, WITHOUT ROWID;
CREATE INDEX payouts_by_holder ON payouts (token, l1_address);

CREATE TABLE totals ( -- what the rollup owes after a block that changed it
  token INTEGER NOT NULL,
  block INTEGER NOT NULL,
  total BLOB NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (token, block)
) STRICT, WITHOUT ROWID;
CREATE INDEX totals_by_block ON totals (block);

CREATE TABLE events ( -- of the contract: which L1 transaction did what
  block INTEGER NOT NULL,
  log INTEGER NOT NULL,
  tx_hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject INTEGER NOT NULL, -- size, token, batch, account or place in the queue, 0 where the kind has none of these
  seal INTEGER NOT NULL,
  PRIMARY KEY (block, log)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_transaction ON events (tx_hash);
CREATE INDEX events_by_subject ON events (kind, subject);

CREATE TABLE escapes ( -- what happened since the rollup was frozen, and that it was
  kind TEXT NOT NULL,
  place INTEGER NOT NULL, -- an exit's index, a refund's place in the queue, 0 for the freeze
  block INTEGER NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (kind, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  place INTEGER NOT NULL, -- index in the tree
  batch INTEGER NOT NULL,
  pub_key_y BLOB NOT NULL,
  l1_address BLOB NOT NULL,
  token INTEGER NOT NULL,
  balance BLOB NOT NULL,
  nonce INTEGER NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (place, batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_batch ON accounts (batch);
CREATE INDEX accounts_by_l1_address ON accounts (l1_address);
CREATE INDEX accounts_by_key ON accounts (pub_key_y);

CREATE TABLE nodes (
  key INTEGER NOT NULL, -- level * 2^33 + position
  batch INTEGER NOT NULL,
  hash BLOB NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (key, batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX nodes_by_batch ON nodes (batch);
`;

/** Tables whose rows go by the block that they are from. */
export const TABLES_BY_BLOCK = [
  "sizes",
  "tokens",
  "queue",
  "batches",
  "operations",
  "payouts",
  "totals",
  "events",
  "escapes",
] as const;
export const TABLES_BY_BATCH = ["accounts", "nodes"] as const;

/** "SHEF". Everything in it is on L1, or whatever keeps L1's blobs: a file of another version is made again. */
export const STORE_FILE: FileKind = {
  applicationId: 0x53484546,
  version: 7, // raised with every change of the tables
  schema: SCHEMA,
  synchronous: "NORMAL",
  exclusive: false,
  codes: { mismatch: "STORE_MISMATCH", corrupt: "STORE_CORRUPT" },
};
