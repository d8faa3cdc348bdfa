import { SheafError } from "../../protocol/errors.ts";
import { Database } from "../store/database.ts";
import { OwnBatches } from "./batches.ts";
import { Carriers } from "./carriers.ts";
import { audited } from "./audit-thread.ts";
import { HeadFile, headPathOf } from "./head-file.ts";
import { PoolJournal } from "./journal.ts";
import { PooledOperations } from "./operations.ts";
import { Parcels } from "./parcels.ts";
import { POOL_FILE } from "./schema.ts";
import { SeenBatches } from "./seen.ts";

/** Told of acknowledged operations that the pool goes on without. */
export type OnLoss = (loss: SheafError) => void;

const noOne: OnLoss = () => undefined;

/**
 * A node's knowledge that L1 does not have, in one SQLite file: accepted operations with their status, and the batches that
 * it made of them. A write has reached the disk when it returns.
 */
export class Pool {
  readonly #database: Database;
  readonly operations: PooledOperations;
  readonly batches: OwnBatches;
  readonly parcels: Parcels;
  readonly carriers: Carriers;
  readonly journal: PoolJournal;
  readonly seen: SeenBatches;
  /** Told, once it is on the disk, of each operation that is new or changed. */
  onChange: (id: string) => void = () => undefined;
  readonly #headFile: HeadFile | undefined;
  /** Number of the last operation that is in both files. */
  #acknowledged: number;
  #changed = new Set<string>();

  private constructor(database: Database) {
    this.#database = database;
    this.operations = new PooledOperations(database, (id) => this.#changed.add(id));
    this.batches = new OwnBatches(database);
    this.parcels = new Parcels(database);
    this.carriers = new Carriers(database);
    this.journal = new PoolJournal(database, this.batches, this.carriers);
    this.seen = new SeenBatches(database);
    const { head } = this.operations;
    this.#acknowledged = head.sequence;
    if (database.path === ":memory:") return;
    this.#headFile = new HeadFile(headPathOf(database.path), head);
    this.#headFile.write(head);
  }

  /**
   * Opens the file of a rollup's node, or makes it. Every row of it is looked at before, without holding anything up.
   *
   * @param path of the file
   * @param onLoss told of what was damaged and is taken out, since the operator has deleted the file of the head
   * @throws SheafError NODE_DATA_MISMATCH if it is another rollup's or of a version that is not known, NODE_DATA_CORRUPT,
   * STORE_BUSY if another node has it open, FILE_UNWRITABLE, NODE_DATA_INCOMPLETE if operations that were acknowledged are
   * missing or altered
   */
  static async open(path: string, chainId: number, rollup: string, onLoss: OnLoss = noOne): Promise<Pool> {
    const lost = await audited(path);
    const pool = Pool.#of(new Database(path, POOL_FILE), chainId, rollup);
    if (lost !== undefined) onLoss(new SheafError("NODE_DATA_INCOMPLETE", `${path} ${lost}. It goes on without`));
    return pool;
  }

  /** One that is nowhere else. */
  static inMemory(chainId: number, rollup: string): Pool {
    return Pool.#of(new Database(":memory:", POOL_FILE), chainId, rollup);
  }

  static #of(database: Database, chainId: number, rollup: string): Pool {
    try {
      database.insertNew("rollup", 1, chainId, rollup);
      const { chain_id, address } = database.get("SELECT * FROM rollup")!;
      if (chain_id === chainId && address === rollup) return new Pool(database);
      const whose = `rollup ${String(address)} on chain ${String(chain_id)}`;
      throw new SheafError("NODE_DATA_MISMATCH", `${database.path} is of ${whose}, not of ${rollup} on ${chainId}`);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Writes something that changes nothing. Throws `FILE_UNWRITABLE`, as for a full disk. */
  requireWritable(): void {
    this.#database.requireWritable();
  }

  /** Does all of the work, or nothing of it. */
  transaction<T>(work: () => T): T {
    this.#changed = new Set();
    let result: T;
    try {
      result = this.#database.transaction(work);
    } catch (error) {
      this.carriers.reread();
      throw error;
    }
    this.#acknowledge();
    for (const id of this.#changed) this.onChange(id);
    return result;
  }

  close(): void {
    this.#headFile?.close();
    this.#database.close();
  }

  /** What was accepted is acknowledged once its number is in the other file too. */
  #acknowledge(): void {
    const head = this.operations.head;
    if (head.sequence === this.#acknowledged) return;
    this.#headFile?.write(head);
    this.#acknowledged = head.sequence;
  }
}
