import { SheafError } from "../../protocol/errors.ts";
import { Database } from "../store/database.ts";
import { OwnBatches } from "./batches.ts";
import { Carriers } from "./carriers.ts";
import { HeadFile } from "./head-file.ts";
import { PoolJournal } from "./journal.ts";
import { PooledOperations } from "./operations.ts";
import { POOL_FILE } from "./schema.ts";
import { SeenBatches } from "./seen.ts";

/**
 * What a node knows and L1 does not, in one SQLite file: accepted operations with their status, and the batches that it
 * made of them. What was written has reached the disk.
 */
export class Pool {
  readonly #database: Database;
  readonly operations: PooledOperations;
  readonly batches: OwnBatches;
  readonly carriers: Carriers;
  readonly journal: PoolJournal;
  readonly seen: SeenBatches;
  /** Told, once it is on the disk, of each operation that is new or changed. */
  onChange: (id: string) => void = () => undefined;
  readonly #headFile: HeadFile | undefined;
  /** Number of the last operation that is in both files. */
  #acknowledged = 0;
  #changed = new Set<string>();

  private constructor(database: Database, headFile: HeadFile | undefined) {
    this.#database = database;
    this.#headFile = headFile;
    this.operations = new PooledOperations(database, (id) => this.#changed.add(id));
    this.batches = new OwnBatches(database);
    this.carriers = new Carriers(database);
    this.journal = new PoolJournal(database, this.batches, this.carriers);
    this.seen = new SeenBatches(database);
    this.#requireWhole();
  }

  /**
   * Opens the file of a rollup's node, or makes it.
   *
   * @param path or ":memory:"
   * @throws SheafError NODE_DATA_MISMATCH if it is another rollup's or version's, NODE_DATA_CORRUPT, STORE_BUSY if
   * another node has it open, FILE_UNWRITABLE, NODE_DATA_INCOMPLETE if operations that were acknowledged are missing
   */
  static open(path: string, chainId: number, rollup: string): Pool {
    const database = new Database(path, POOL_FILE);
    try {
      database.run("INSERT OR IGNORE INTO rollup VALUES (1, ?, ?)", chainId, rollup);
      const { chain_id, address } = database.get("SELECT * FROM rollup")!;
      if (chain_id === chainId && address === rollup) {
        return new Pool(database, path === ":memory:" ? undefined : new HeadFile(`${path}-head`));
      }
      const whose = `rollup ${String(address)} on chain ${String(chain_id)}`;
      throw new SheafError("NODE_DATA_MISMATCH", `${path} is of ${whose}, not of ${rollup} on ${chainId}`);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Writes something that changes nothing. Throws `FILE_UNWRITABLE`, as for a full disk. */
  requireWritable(): void {
    this.#database.transaction(() => this.#database.run("UPDATE rollup SET chain_id = chain_id"));
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

  /** Throws `NODE_DATA_INCOMPLETE` where operations that were acknowledged are not in the database. */
  #requireWhole(): void {
    const [known, own] = [this.#headFile?.read(), this.operations.head];
    const isBehind = known !== undefined && known.sequence > own.sequence;
    const isOther = known?.sequence === own.sequence && known.hash !== own.hash;
    if (isBehind || isOther) {
      this.#headFile?.close();
      const { path } = this.#database;
      const missing = isBehind
        ? `lacks the ${known.sequence - own.sequence} last operations that were acknowledged: numbers ${own.sequence + 1} to ${known.sequence}`
        : `has other operations than those that were acknowledged, up to number ${own.sequence}`;
      throw new SheafError("NODE_DATA_INCOMPLETE", `${path} ${missing}, by ${path}-head`);
    }
    this.#acknowledge();
  }
}
