import { deserialize, serialize } from "node:v8";
import type { BatchRequest } from "../../protocol/request.ts";
import { transferWordsOf } from "../../protocol/words.ts";
import type { TimedProof } from "../../prover/prover.ts";
import type { Database, Row } from "../store/database.ts";

/** A batch that was made here: all that it takes to prove it, to submit it, and to find it again on L1. */
export interface OwnBatch {
  readonly number: number;
  /** Id of its size on L1. */
  readonly size: number;
  readonly request: BatchRequest;
  readonly oldRoot: bigint;
  readonly root: bigint;
  /** The words in calldata, as `submitBatch` takes them. */
  readonly words: Uint8Array;
  /** The commitment to all of its content: it tells batches apart, which a root does not, for one may change nothing. */
  readonly c: bigint;
  /** Of the operations that it takes from L1's queue, in order. */
  readonly refundAddresses: readonly string[];
  /** Operations of the queue that are done after it. */
  readonly queueEnd: number;
  /** Ids of the accepted operations that it does. */
  readonly operations: readonly string[];
  /** Milliseconds of Unix time. */
  readonly madeAt: number;
}

/** The words of a batch's transfers where they are in a blob; none where they are among its words. */
export const blobWordsOf = ({ request }: Pick<OwnBatch, "request">): readonly bigint[] =>
  request.inBlob === true ? transferWordsOf(request) : [];

export type OwnBatchWithProof = OwnBatch & { readonly proof: TimedProof | undefined };

/** The batches that were made here and can still be needed, each with its proof once there is one. */
export class OwnBatches {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In order, from a number on. */
  from(number: number): readonly OwnBatchWithProof[] {
    return this.#database.all("SELECT * FROM batches WHERE number >= ? ORDER BY number", number).map(batchOf);
  }

  /** Those of the same, without what they are. */
  numbersFrom(number: number): readonly number[] {
    return this.#database
      .all("SELECT number FROM batches WHERE number >= ? ORDER BY number", number)
      .map((row) => Number(row["number"]));
  }

  find(number: number): OwnBatchWithProof | undefined {
    const row = this.#database.get("SELECT * FROM batches WHERE number = ?", number);
    return row && batchOf(row);
  }

  add(batch: OwnBatch): void {
    this.#database.insert("batches", batch.number, serialize(batch), null);
  }

  addProof(number: number, proof: TimedProof): void {
    this.#setProof(number, serialize(proof));
  }

  dropProof(number: number): void {
    this.#setProof(number, null);
  }

  #setProof(number: number, proof: Uint8Array | null): void {
    const row = this.#database.get("SELECT * FROM batches WHERE number = ?", number);
    if (row !== undefined) this.#database.update("batches", row, { proof });
  }

  dropFrom(number: number): void {
    this.#database.run("DELETE FROM batches WHERE number >= ?", number);
  }

  /** Forgets batches before a number: no reorganisation can take them back any more. */
  forgetBefore(number: number): void {
    this.#database.run("DELETE FROM batches WHERE number < ?", number);
  }
}

function batchOf(row: Row): OwnBatchWithProof {
  const batch = deserialize(row["content"] as Uint8Array) as OwnBatch;
  const proof = row["proof"] === null ? undefined : (deserialize(row["proof"] as Uint8Array) as TimedProof);
  return { ...batch, words: Uint8Array.from(batch.words), proof };
}
