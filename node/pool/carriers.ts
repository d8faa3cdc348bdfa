import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { packCoefficients } from "../../l1/blob-opening.ts";
import type { Database } from "../store/database.ts";

/**
 * A batch of which a signed transaction is in the world. L1 may take it for as long as the contract's rules allow,
 * whatever has become of the batch here.
 */
export interface Carrier {
  /** What tells the batch apart: see `identityOf`. */
  readonly identity: string;
  readonly number: number;
  /** The batch's own, in seconds. */
  readonly timestamp: number;
  /** That it goes on from, if it is known. */
  readonly oldRoot: bigint | undefined;
  /** Hash of the newest transaction that holds it. */
  readonly transaction: string;
  /** Ids of the accepted operations in it. */
  readonly operations: readonly string[];
}

/**
 * Of a batch, by its published words: two with the same words are the same.
 *
 * @param blobWords its transfers' words, where they are in a blob and not among the others
 */
export const identityOf = (words: Uint8Array, blobWords: readonly bigint[]): string =>
  createHash("sha256").update(words).update(packCoefficients(blobWords)).digest("hex");

interface Known {
  readonly all: readonly Carrier[];
  /** By the id of an operation that they hold. */
  readonly of: ReadonlyMap<string, readonly Carrier[]>;
}

/** The batches that were sent to L1, from before the first transaction goes out until L1's final state excludes them. */
export class Carriers {
  readonly #database: Database;
  #known: Known | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A further transaction with a batch that is known takes the place of the one that was named. */
  add(carrier: Carrier): void {
    this.#known = undefined;
    this.#database.replace("carriers", carrier.identity, carrier.number, serialize(carrier));
  }

  all(): readonly Carrier[] {
    return this.#read().all;
  }

  /** Those that hold an operation. */
  of(id: string): readonly Carrier[] {
    return this.#read().of.get(id) ?? [];
  }

  forgetBefore(number: number): void {
    if (this.all().every((carrier) => carrier.number >= number)) return;
    this.#known = undefined;
    this.#database.run("DELETE FROM carriers WHERE batch < ?", number);
  }

  /** What was written may have been taken back. */
  reread(): void {
    this.#known = undefined;
  }

  #read(): Known {
    if (this.#known !== undefined) return this.#known;
    const rows = this.#database.all("SELECT * FROM carriers ORDER BY batch");
    const all = rows.map(({ content }) => deserialize(content as Uint8Array) as Carrier);
    const of = new Map<string, Carrier[]>();
    for (const carrier of all) {
      for (const id of carrier.operations) {
        const known = of.get(id);
        if (known === undefined) of.set(id, [carrier]);
        else known.push(carrier);
      }
    }
    return (this.#known = { all, of });
  }
}
