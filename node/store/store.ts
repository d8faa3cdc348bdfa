import { ZeroAddress } from "ethers";
import { SheafError } from "../../protocol/errors.ts";
import { RollupState } from "../../protocol/state.ts";
import type { BlockReference } from "../l1.ts";
import { Books } from "./books.ts";
import { Database } from "./database.ts";
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
  readonly #database: Database;
  readonly chainId: number;
  /** With checksum. */
  readonly rollup: string;
  readonly books: Books;
  readonly history: History;
  readonly events: L1Events;

  private constructor(database: Database, chainId: number, rollup: string) {
    this.#database = database;
    this.chainId = chainId;
    this.rollup = rollup;
    this.books = new Books(database);
    this.history = new History(database);
    this.events = new L1Events(database);
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
    const database = new Database(path, STORE_FILE);
    try {
      let row = database.get("SELECT * FROM rollup");
      // What was read in vain does not hold on to a wrong first block.
      if (row === undefined || database.get("SELECT 1 FROM sizes") === undefined) {
        const first = await start();
        database.transaction(() => {
          database.run("DELETE FROM rollup");
          database.run("DELETE FROM blocks");
          database.run("INSERT INTO rollup VALUES (1, ?, ?, ?, ?)", chainId, rollup, first.number, first.number);
          database.run("INSERT INTO blocks VALUES (?, ?)", first.number, first.hash);
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

  /** Does all of the work, or nothing of it. */
  transaction<T>(work: () => T): T {
    try {
      return this.#database.transaction(work);
    } catch (error) {
      this.books.forget();
      throw error;
    }
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
    this.#database.run("INSERT OR IGNORE INTO blocks VALUES (?, ?)", block.number, block.hash);
  }

  /** The newest block at which everything agreed with the contract's own values. */
  get verified(): number {
    return Number(this.#database.get("SELECT verified FROM rollup")!["verified"]);
  }

  set verified(block: number) {
    this.#database.run("UPDATE rollup SET verified = ?", block);
  }

  /** The block that no reorganisation can take back any more. */
  get final(): number {
    return Number(this.#database.get("SELECT final FROM rollup")!["final"]);
  }

  set final(block: number) {
    this.#database.run("UPDATE rollup SET final = MAX(final, ?)", block);
  }

  /** Takes back everything that came after the newest known block that is not after `block`. */
  rollBack(block: number): void {
    this.transaction(() => {
      this.#database.run("DELETE FROM blocks WHERE number > ?", block);
      const { number } = this.cursor;
      for (const table of TABLES_BY_BLOCK) this.#database.run(`DELETE FROM ${table} WHERE block > ?`, number);
      const last = this.lastBatch?.number ?? 0;
      for (const table of TABLES_BY_BATCH) this.#database.run(`DELETE FROM ${table} WHERE batch > ?`, last);
      this.#database.run("UPDATE rollup SET verified = MIN(verified, ?)", number);
    });
    this.books.forget();
  }

  /** Block of the newest row of a table, the first block read where there is none. */
  lastBlockOf(table: (typeof TABLES_BY_BLOCK)[number]): number {
    const { block } = this.#database.get(
      `SELECT COALESCE((SELECT MAX(block) FROM ${table}), (SELECT MIN(number) FROM blocks)) AS block`,
    )!;
    return Number(block);
  }

  // The state

  /** Accounts and tree after a batch, the last one by default; a change to it is not written. */
  state(batch?: number): RollupState {
    return new RollupState(this.stored(batch));
  }

  stored(batch: number = this.lastBatch?.number ?? 0): StoredState {
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
      .all("SELECT number FROM batches WHERE root = ? ORDER BY number DESC", elementToBytes(root))
      .map(({ number }) => Number(number));
  }

  batches(): readonly StoredBatch[] {
    return this.#database.all("SELECT * FROM batches ORDER BY number").map(batchOf);
  }

  addBatch(batch: StoredBatch, changes: RollupState["changes"]): void {
    const { number, block, transaction, size, timestamp, root, queueEnd, chain, words } = batch;
    this.#database.run(
      "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[number, block, transaction, size, timestamp, elementToBytes(root), queueEnd, chain, words],
    );
    writeChanges(this.#database, number, changes);
  }

  // The contract's lists

  sizes(): readonly RegisteredSize[] {
    return this.#database.all("SELECT * FROM sizes ORDER BY id").map(sizeOf);
  }

  addSize(block: number, size: RegisteredSize): void {
    const { id, verifier, transfers, l1Operations, withdrawals, circuitHash, keyHash } = size;
    this.#database.run(
      "INSERT INTO sizes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
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
    this.#database.run("INSERT INTO tokens VALUES (?, ?, ?)", id, block, address);
  }

  // The queue

  /** Operations that are done, and that were ever queued. */
  get queueBounds(): { readonly head: number; readonly tail: number } {
    const { tail } = this.#database.get("SELECT COALESCE(MAX(place) + 1, 0) AS tail FROM queue")!;
    return { head: this.lastBatch?.queueEnd ?? 0, tail: Number(tail) };
  }

  queued(place: number): QueuedOperation | undefined {
    const row = this.#database.get("SELECT * FROM queue WHERE place = ?", place);
    return row && queuedOf(row);
  }

  /** The block in which an operation was queued. */
  queuedIn(place: number): number | undefined {
    const row = this.#database.get("SELECT block FROM queue WHERE place = ?", place);
    return row && Number(row["block"]);
  }

  /** Hash of the queue's first operations. */
  queueHash(length: number): string | undefined {
    return length === 0 ? EMPTY_QUEUE_HASH : this.queued(length - 1)?.cumulativeHash;
  }

  /** Operations that wait, in order. */
  waiting(): readonly QueuedOperation[] {
    return this.#database
      .all("SELECT * FROM queue WHERE place >= ? ORDER BY place", this.queueBounds.head)
      .map(queuedOf);
  }

  addQueued({ place, block, operation, refundAddress, deadline, cumulativeHash }: QueuedOperation): void {
    const { kind, index, token, l1Address } = operation;
    const [pubKeyY, amount] = kind === "deposit" ? [operation.pubKeyY, operation.amount] : [0n, 0n];
    this.#database.run(
      "INSERT INTO queue VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[place, block, kind, index, token, addressToBytes(l1Address), elementToBytes(pubKeyY)],
      ...[amountToBytes(amount), refundAddress, deadline, cumulativeHash],
    );
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
    this.#database.run("INSERT INTO escapes VALUES (?, ?, ?)", kind, place, block);
  }

  #escaped(kind: Escape, place: number): boolean {
    return this.#database.get("SELECT 1 FROM escapes WHERE kind = ? AND place = ?", kind, place) !== undefined;
  }
}
