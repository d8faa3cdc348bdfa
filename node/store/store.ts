import { ZeroAddress } from "ethers";
import { SheafError } from "../../protocol/errors.ts";
import { RollupState } from "../../protocol/state.ts";
import type { Steps } from "../../protocol/steps.ts";
import { readNumbers, transferWords } from "../../protocol/words.ts";
import type { BlockReference } from "../l1/l1.ts";
import { Blobs, partOf } from "./blobs.ts";
import { Books } from "./books.ts";
import { History } from "./history.ts";
import { L1Events } from "./l1-events.ts";
import {
  batchOf,
  queuedOf,
  referenceOf,
  sizeOf,
  type Escape,
  type QueuedOperation,
  type RegisteredSize,
  type StoredBatch,
} from "./records.ts";
import { STORE_FILE, TABLES_BY_BATCH, TABLES_BY_BLOCK } from "./schema.ts";
import { SealedDatabase } from "./sealed-database.ts";
import { StoredState, writeChanges } from "./stored-state.ts";
import { addressToBytes, amountToBytes, elementToBytes } from "./values.ts";

export type { L1Event, L1EventKind } from "./l1-events.ts";
export type { Escape, Payout, QueuedOperation, RegisteredSize, StoredBatch, StoredOperation } from "./records.ts";

/** Hash of the queue before the first operation, and of the batches before the first. */
export const EMPTY_QUEUE_HASH = `0x${"00".repeat(27)}`;
export const EMPTY_CHAIN = `0x${"00".repeat(32)}`;

/**
 * Everything that a node knows of a rollup on L1, in one SQLite file: the state after every batch, the queue, credits,
 * and the block up to which it was read. Changes go through `transaction`, so that they move on together or not at all.
 */
export class Store {
  readonly #database: SealedDatabase;
  readonly chainId: number;
  /** With checksum. */
  readonly rollup: string;
  readonly books: Books;
  readonly history: History;
  readonly events: L1Events;
  readonly blobs: Blobs;
  #retreats = 0;

  private constructor(database: SealedDatabase, chainId: number, rollup: string) {
    this.#database = database;
    this.chainId = chainId;
    this.rollup = rollup;
    this.books = new Books(database);
    this.history = new History(database);
    this.events = new L1Events(database);
    this.blobs = new Blobs(database);
  }

  /**
   * Opens the store of a rollup, or makes it.
   *
   * @param path or ":memory:"
   * @param start the block before the rollup's first, for a new store
   * @throws SheafError STORE_MISMATCH if the file is of another rollup or version, STORE_CORRUPT, STORE_BUSY,
   * FILE_UNWRITABLE
   */
  static async open(
    path: string,
    chainId: number,
    rollup: string,
    start: () => Promise<BlockReference>,
  ): Promise<Store> {
    const database = new SealedDatabase(path, STORE_FILE);
    try {
      let row = database.get("SELECT * FROM rollup");
      // A store that was read in vain does not hold on to a wrong first block.
      if (row === undefined || database.get("SELECT 1 FROM sizes") === undefined) {
        const first = await start();
        database.transaction(() => {
          database.run("DELETE FROM rollup");
          database.run("DELETE FROM blocks");
          database.insert("rollup", 1, chainId, rollup, first.number, first.number, 0);
          database.insert("blocks", first.number, first.hash);
        });
      }
      row = database.get("SELECT * FROM rollup")!;
      if (row["chain_id"] !== chainId || row["address"] !== rollup) {
        const whose = `rollup ${String(row["address"])} on chain ${String(row["chain_id"])}`;
        throw new SheafError("STORE_MISMATCH", `${path} is the store of ${whose}, not of ${rollup} on ${chainId}`);
      }
      return new Store(database, chainId, rollup);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  get path(): string {
    return this.#database.path;
  }

  close(): void {
    this.#database.close();
  }

  /** What is wrong with the file, if that has shown: nothing is served then until it is replaced. */
  get damage(): SheafError | undefined {
    return this.#database.damage;
  }

  /** How often it went back, or became another file's: a batch's state that was read before may not be true any more. */
  get retreats(): number {
    return this.#retreats;
  }

  /** Puts another store's file, which nobody has open, in the place of this one's. */
  replaceBy(path: string): void {
    this.#retreats++;
    this.#database.replaceBy(path);
  }

  /** Does all of the work, or nothing of it. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  // Blocks

  /** The block up to which L1 was read. */
  get cursor(): BlockReference {
    return referenceOf(this.#database.get("SELECT * FROM blocks ORDER BY number DESC LIMIT 1")!);
  }

  /** The newest block whose hash is known that is not after `block`. */
  checkpoint(block: number): BlockReference | undefined {
    const row = this.#database.get("SELECT * FROM blocks WHERE number <= ? ORDER BY number DESC LIMIT 1", block);
    return row && referenceOf(row);
  }

  advance(block: BlockReference): void {
    this.#database.insertNew("blocks", block.number, block.hash);
  }

  /** The newest block at which everything agreed with the contract's own values. */
  get verified(): number {
    return this.#progress.verified;
  }

  set verified(block: number) {
    this.#progress = { ...this.#progress, verified: block };
  }

  /** The block that no reorganisation can take back any more. */
  get final(): number {
    return this.#progress.final;
  }

  set final(block: number) {
    const progress = this.#progress;
    if (block > progress.final) this.#progress = { ...progress, final: block };
  }

  /** The batch whose state a snapshot had: those before it are not known. 0 for a store that has all of them. */
  get snapshot(): number {
    return this.#progress.snapshot;
  }

  /**
   * Has a new store begin with the state after a batch; the same again is taken.
   *
   * @throws SheafError USAGE if it has batches that did not begin so
   */
  beginWith(batch: number): void {
    const progress = this.#progress;
    if (progress.snapshot === batch) return;
    if (this.lastBatch !== undefined) {
      const what = `${this.path} has ${this.lastBatch.number} batches already`;
      throw new SheafError("USAGE", `${what}: a snapshot begins a new store, name another file with --store`);
    }
    this.#progress = { ...progress, snapshot: batch };
  }

  get #progress(): { readonly verified: number; readonly final: number; readonly snapshot: number } {
    const row = this.#database.get("SELECT * FROM rollup")!;
    return { verified: Number(row["verified"]), final: Number(row["final"]), snapshot: Number(row["snapshot"]) };
  }

  set #progress({ verified, final, snapshot }) {
    this.#database.replace("rollup", 1, this.chainId, this.rollup, verified, final, snapshot);
  }

  /** Takes back everything that came after the newest known block that is not after `block`. */
  rollBack(block: number): void {
    this.#retreats++;
    this.transaction(() => {
      this.#database.run("DELETE FROM blocks WHERE number > ?", block);
      const { number } = this.cursor;
      for (const table of TABLES_BY_BLOCK) this.#database.run(`DELETE FROM ${table} WHERE block > ?`, number);
      const last = this.lastBatch?.number ?? 0;
      for (const table of TABLES_BY_BATCH) this.#database.run(`DELETE FROM ${table} WHERE batch > ?`, last);
      this.verified = Math.min(this.verified, number);
    });
  }

  /** As `rollBack`, a batch at a time, the newest first: each time the store is as it was at an earlier block. */
  *rollBackSteps(block: number): Steps<void> {
    for (let last = this.lastBatch; last !== undefined && last.block > block; last = this.lastBatch) {
      this.rollBack(last.block - 1);
      yield;
    }
    this.rollBack(block);
  }

  /** Block of the newest row of a table, the first block read where there is none. */
  lastBlockOf(table: (typeof TABLES_BY_BLOCK)[number]): number {
    const newest = this.#database.get(`SELECT * FROM ${table} ORDER BY block DESC LIMIT 1`);
    const first = newest ?? this.#database.get("SELECT *, number AS block FROM blocks ORDER BY number LIMIT 1");
    return Number(first!["block"]);
  }

  // The state

  /** Accounts and tree after a batch, the last one by default; a change to it is not written. */
  state(batch?: number): RollupState {
    return new RollupState(this.stored(batch));
  }

  /** Throws `STATE_UNKNOWN` for a batch before the snapshot that the store begins with. */
  stored(batch: number = this.lastBatch?.number ?? 0): StoredState {
    const { snapshot } = this;
    if (batch !== 0 && batch < snapshot) {
      const what = `the state after batch ${batch} is not known here`;
      throw new SheafError("STATE_UNKNOWN", `${what}: the store begins with a snapshot of batch ${snapshot}`);
    }
    return new StoredState(this.#database, batch);
  }

  get lastBatch(): StoredBatch | undefined {
    const row = this.#database.get("SELECT * FROM batches ORDER BY number DESC LIMIT 1");
    return row && batchOf(row);
  }

  batch(number: number): StoredBatch | undefined {
    const row = this.#database.get("SELECT * FROM batches WHERE number = ?", number);
    return row && batchOf(row);
  }

  /** The last batch that was on L1 at a block. */
  batchAt(block: number): StoredBatch | undefined {
    const row = this.#database.get("SELECT * FROM batches WHERE block <= ? ORDER BY number DESC LIMIT 1", block);
    return row && batchOf(row);
  }

  /** Numbers of the batches that led to a root, the newest first: one that changes nothing keeps the root before it. */
  batchesTo(root: bigint): readonly number[] {
    return this.#database
      .all("SELECT * FROM batches WHERE root = ? ORDER BY number DESC", elementToBytes(root))
      .map(({ number }) => Number(number));
  }

  batches(): readonly StoredBatch[] {
    return this.#database.all("SELECT * FROM batches ORDER BY number").map(batchOf);
  }

  /**
   * The words of a batch's transfers that are not among its words in calldata.
   *
   * @throws SheafError BLOB_UNAVAILABLE if they are in a blob that the store does not have
   */
  blobWordsOf({ number, words, blob }: Pick<StoredBatch, "number" | "words" | "blob">): readonly bigint[] {
    const length = blob === undefined ? 0 : transferWords(readNumbers(words).transfers);
    if (blob === undefined || length === 0) return [];
    const coefficients = this.blobs.get(blob.versionedHash);
    if (coefficients === undefined) {
      throw new SheafError("BLOB_UNAVAILABLE", `the store lacks the blob ${blob.versionedHash} of batch ${number}`);
    }
    return partOf(coefficients, blob.start, length);
  }

  /** Blobs that are kept here of batches up to a time, in Unix seconds, each with the first of its batches. */
  blobsUntil(
    timestamp: number,
  ): readonly { readonly versionedHash: string; readonly batch: number; readonly block: number }[] {
    const sql = `SELECT versioned_hash, MIN(number) AS batch, MIN(block) AS block FROM batches
      WHERE timestamp <= ? AND versioned_hash IN (SELECT versioned_hash FROM blobs) GROUP BY versioned_hash ORDER BY batch`;
    return this.#database.all(sql, timestamp).map((row) => ({
      versionedHash: String(row["versioned_hash"]),
      batch: Number(row["batch"]),
      block: Number(row["block"]),
    }));
  }

  addBatch(batch: StoredBatch, changes: RollupState["changes"]): void {
    const { number, block, transaction, size, timestamp, root, queueEnd, chain, words, blob } = batch;
    this.#database.insert(
      "batches",
      ...[number, block, transaction, size, timestamp, elementToBytes(root), queueEnd, chain, words],
      ...[blob?.versionedHash ?? null, blob?.start ?? null],
    );
    writeChanges(this.#database, number, changes);
  }

  // The contract's lists

  sizes(): readonly RegisteredSize[] {
    return this.#database.all("SELECT * FROM sizes ORDER BY id").map(sizeOf);
  }

  addSize(block: number, size: RegisteredSize): void {
    const { id, verifier, transfers, l1Operations, withdrawals, circuitHash, keyHash } = size;
    this.#database.insert(
      "sizes",
      ...[id, block, verifier, transfers, l1Operations, withdrawals, circuitHash, keyHash],
    );
  }

  /** Addresses of the tokens by id; ETH's is zero. */
  tokens(): readonly string[] {
    return [
      ZeroAddress,
      ...this.#database.all("SELECT * FROM tokens ORDER BY id").map(({ address }) => String(address)),
    ];
  }

  addToken(block: number, id: number, address: string): void {
    this.#database.insert("tokens", id, block, address);
  }

  // The queue

  /** Operations that are done, and that were ever queued. */
  get queueBounds(): { readonly head: number; readonly tail: number } {
    const last = this.#database.get("SELECT * FROM queue ORDER BY place DESC LIMIT 1");
    return { head: this.lastBatch?.queueEnd ?? 0, tail: last === undefined ? 0 : Number(last["place"]) + 1 };
  }

  queued(place: number): QueuedOperation | undefined {
    const row = this.#database.get("SELECT * FROM queue WHERE place = ?", place);
    return row && queuedOf(row);
  }

  /** The block in which an operation was queued. */
  queuedIn(place: number): number | undefined {
    return this.queued(place)?.block;
  }

  /** Hash of the queue's first operations. */
  queueHash(length: number): string | undefined {
    return length === 0 ? EMPTY_QUEUE_HASH : this.queued(length - 1)?.cumulativeHash;
  }

  /** Operations that wait, in order: from a place on, and so many at most. */
  waiting(from = this.queueBounds.head, most = -1): readonly QueuedOperation[] {
    // SQLite takes a negative limit for none.
    return this.#database.all("SELECT * FROM queue WHERE place >= ? ORDER BY place LIMIT ?", from, most).map(queuedOf);
  }

  addQueued({ place, block, operation, refundAddress, deadline, cumulativeHash }: QueuedOperation): void {
    const { kind, index, token, l1Address } = operation;
    const [pubKeyY, amount] = kind === "deposit" ? [operation.pubKeyY, operation.amount] : [0n, 0n];
    this.#database.insert(
      "queue",
      ...[place, block, kind, index, token, addressToBytes(l1Address), elementToBytes(pubKeyY)],
      ...[amountToBytes(amount), refundAddress, deadline, cumulativeHash],
    );
    if (kind === "deposit") this.books.addDeposit(block, token, amount);
  }

  // The end of the rollup

  get isFrozen(): boolean {
    return this.#escaped("freeze", 0);
  }

  /** Whether the account at an index has left the frozen rollup. */
  hasExited(index: number): boolean {
    return this.#escaped("exit", index);
  }

  /** Whether a deposit that no batch took was given back. */
  isRefunded(place: number): boolean {
    return this.#escaped("refund", place);
  }

  addEscape(block: number, kind: Escape, place: number): void {
    this.#database.insert("escapes", kind, place, block);
  }

  #escaped(kind: Escape, place: number): boolean {
    return this.#database.get("SELECT * FROM escapes WHERE kind = ? AND place = ?", kind, place) !== undefined;
  }
}
