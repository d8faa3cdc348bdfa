import type { Query } from "../../api/routes.ts";
import type { Batch } from "../../api/schemas.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { SheafError } from "../../protocol/errors.ts";
import { readNumbers, transferWords, transferWordsOf } from "../../protocol/words.ts";
import type { TimedProof } from "../../prover/prover.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import { replayable } from "../follow/replays.ts";
import type { OwnBatch } from "../pool/batches.ts";
import type { RegisteredSize, StoredBatch } from "../store/store.ts";
import { pageOf, type Page, type Source } from "./paging.ts";
import type { Receipts } from "./receipts.ts";
import type { ServedNode } from "./served-node.ts";

type WithWords = Pick<StoredBatch, "number" | "size" | "timestamp" | "root" | "words" | "blob">;
export type Progress = NonNullable<Batch["progress"]>;

/** Batches as the API shows them: those on L1, and those under way. */
export class Batches {
  readonly #node: ServedNode;
  readonly #receipts: Receipts;
  readonly #progressOf: (number: number) => Progress | undefined;
  /** Ends when the words of the batch that was asked for last are read. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(node: ServedNode, receipts: Receipts, progressOf: (number: number) => Progress | undefined) {
    this.#node = node;
    this.#receipts = receipts;
    this.#progressOf = progressOf;
  }

  /** Throws `BATCH_UNKNOWN`. */
  async find(number: number): Promise<Batch> {
    const batch = await this.#look(number);
    if (batch === undefined) throw new SheafError("BATCH_UNKNOWN", `there is no batch ${number}`);
    return batch;
  }

  /** The newest first. */
  async page({ limit, before, root }: Query<"batches">): Promise<Page<Batch>> {
    const list = root === undefined ? this.#listed() : this.#leadingTo(root);
    const { items, next } = pageOf([{ name: "b", list }], before, limit);
    const batches = await Promise.all(items.map((number) => this.#look(number)));
    // One may have been given up meanwhile.
    return { items: batches.filter((batch) => batch !== undefined), next };
  }

  #listed(): Source<number>["list"] {
    const { store, pool } = this.#node;
    const last = store.lastBatch?.number ?? 0;
    const newest = pool.batches.from(last + 1).at(-1)?.number ?? last;
    return (beyond = `${newest + 1}`, limit) => {
      const first = Math.min(Number(beyond) - 1, newest);
      const numbers = Array.from({ length: Math.max(0, Math.min(limit, first)) }, (_, i) => first - i);
      return numbers.map((number) => ({ item: number, position: `${number}` }));
    };
  }

  #leadingTo(root: bigint): Source<number>["list"] {
    const { store, pool } = this.#node;
    const own = pool.batches.from((store.lastBatch?.number ?? 0) + 1).filter((batch) => batch.root === root);
    const numbers = [...own.map(({ number }) => number).reverse(), ...store.batchesTo(root)];
    return (beyond = "Infinity", limit) =>
      numbers
        .filter((number) => number < Number(beyond))
        .slice(0, limit)
        .map((number) => ({ item: number, position: `${number}` }));
  }

  async #look(number: number): Promise<Batch | undefined> {
    const stored = this.#node.store.batch(number);
    const own = this.#node.pool.batches.find(number);
    if (stored !== undefined) return this.#onL1(stored, own?.root === stored.root ? own.proof : undefined);
    return own && this.#underWay(own);
  }

  async #onL1(stored: StoredBatch, proof: TimedProof | undefined): Promise<Batch> {
    const receipt = await this.#receipts.of(stored.transaction);
    const { transaction, block } = stored;
    const batches = this.#node.store.events.of(transaction).filter(({ kind }) => kind === "batch").length;
    const l1 = { transaction, block, ...(batches > 1 && { batches }), ...receipt };
    const contents = await this.#contents(stored, () => this.#blobWordsOf(stored));
    return { ...contents, status: "verified", ...timeOf(proof), l1 };
  }

  async #underWay(own: OwnBatch & { readonly proof: TimedProof | undefined }): Promise<Batch> {
    const { request } = own;
    const blobWords = (): readonly bigint[] => (request.inBlob === true ? transferWordsOf(request) : []);
    const contents = await this.#contents({ ...own, timestamp: request.timestamp }, blobWords);
    const progress = own.proof === undefined ? this.#progressOf(own.number) : undefined;
    return {
      ...contents,
      status: own.proof === undefined ? "batched" : "proven",
      ...(progress && { progress }),
      ...timeOf(own.proof),
    };
  }

  /** To read a batch's words takes some milliseconds: others have their turn between two. */
  #contents(batch: WithWords, blobWords: () => readonly bigint[] | undefined): Promise<Omit<Batch, "status">> {
    const contents = this.#before.then(() => SYSTEM_CLOCK.pause(0)).then(() => this.#read(batch, blobWords()));
    this.#before = contents.catch(() => undefined);
    return contents;
  }

  /** Of a batch before a snapshot that the store begins with nobody here knows them. */
  #blobWordsOf(stored: StoredBatch): readonly bigint[] | undefined {
    try {
      return this.#node.store.blobWordsOf(stored);
    } catch (error) {
      if (error instanceof SheafError && error.code === "BLOB_UNAVAILABLE") return undefined;
      throw error;
    }
  }

  #read(batch: WithWords, blobWords: readonly bigint[] | undefined): Omit<Batch, "status"> {
    const { number, size: id, timestamp, root, words, blob } = batch;
    const size = this.#node.store.sizes().find((size) => size.id === id)!;
    const { oldRoot, token, l1Operations, withdrawals, transfers } = decodeWords(
      replayable(size),
      words,
      blobWords ?? unknownWords(words),
    );
    const fees = [...withdrawals, ...transfers].reduce((sum, { fee }) => sum + fee, 0n);
    return {
      ...{ number, size: sizeView(size), oldRoot, root, timestamp, token, calldataBytes: words.length },
      ...(blobWords !== undefined && { fees }),
      ...{ l1Operations: l1Operations.length, withdrawals: withdrawals.length, transfers: transfers.length },
      ...(blob && { blob: { versionedHash: blob.versionedHash, firstWord: blob.start } }),
    };
  }
}

/** With the name that the size has here, if it is one of ours. */
export function sizeView({ id, transfers, l1Operations, withdrawals }: RegisteredSize): Batch["size"] {
  const known = BATCH_SIZES.find(
    (size) => size.transfers === transfers && size.l1Operations === l1Operations && size.withdrawals === withdrawals,
  );
  return { id, transfers, ...(known && { name: known.name }) };
}

/** What stands for transfers that are not known, of which no more is said than how many there are. */
const unknownWords = (words: Uint8Array): readonly bigint[] =>
  Array.from({ length: transferWords(readNumbers(words).transfers) }, () => 0n);

const timeOf = (proof: TimedProof | undefined): Pick<Batch, "provedInMs"> =>
  proof === undefined ? {} : { provedInMs: proof.timings.witness + proof.timings.prove };
