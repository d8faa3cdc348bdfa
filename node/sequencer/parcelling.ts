import { hexToBytes } from "@noble/curves/utils.js";
import { BLOB_LENGTH, blobOf, withoutZeros } from "../../l1/blobs/layout.ts";
import { commitmentOf, openingAt, versionedHashOf } from "../../l1/blobs/kzg.ts";
import { evaluateBlob } from "../../protocol/blob.ts";
import { blobPointOf, digestOf } from "../../protocol/challenge.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { transferWords } from "../../protocol/words.ts";
import { blobWordsOf, type OwnBatch, type OwnBatchWithProof } from "../pool/batches.ts";
import type { Parcel } from "../pool/parcels.ts";
import type { Pool } from "../pool/pool.ts";
import type { Store } from "../store/store.ts";
import type { BlobSource } from "../blobs/source.ts";
import { roomForBatches } from "../submitter/call.ts";
import type { DeliveryBlob } from "../submitter/submission.ts";

/** The commitments to blobs, and the openings of them, that a node makes. */
export interface BlobKzg {
  /** 48 bytes. */
  commitmentOf(blob: Uint8Array): Promise<Uint8Array>;
  /** The polynomial's value at z, and its proof of 48 bytes. */
  openingAt(blob: Uint8Array, z: bigint): Promise<{ readonly value: bigint; readonly proof: Uint8Array }>;
}

export const BLOB_KZG: BlobKzg = { commitmentOf, openingAt };

/** Batches under way that share a blob. */
export interface Closed<Batch extends OwnBatch = OwnBatchWithProof> {
  readonly parcel: Parcel;
  readonly batches: readonly Batch[];
}

/** Batches under way that no blob is made of yet. */
export interface Open {
  /** In a row. */
  readonly batches: readonly OwnBatch[];
  /** Whether the batch after them has a blob already: no further one can join them. */
  readonly isBounded: boolean;
}

interface ParcellingParts {
  readonly store: Pick<Store, "blobs">;
  readonly pool: Pool;
  /** By id. */
  readonly sizes: readonly BatchSize[];
}

/**
 * Parts batches among blobs. A proof is made for the blob that its batch's transfers are in, with all that share it, so they
 * are parted before they are proven, and what is parted so is on the disk before a proof is begun. Where batches come to
 * be parted otherwise, as when L1 refuses one of them, their proofs are made anew.
 */
export class Parcelling {
  readonly #parts: ParcellingParts;
  readonly #kzg: BlobKzg;
  /** How many batches may share a blob with one, from it on, as L1 did not take more together: by its commitment. */
  readonly #limits = new Map<bigint, number>();
  /** Made when they are first sent: by where the blob is evaluated. */
  readonly #blobs = new Map<bigint, DeliveryBlob>();

  constructor(parts: ParcellingParts, kzg: BlobKzg) {
    this.#parts = parts;
    this.#kzg = kzg;
  }

  /** Which of the batches under way share blobs, in order, and which have none yet. */
  arrange(batches: readonly OwnBatchWithProof[]): {
    readonly closed: readonly Closed[];
    readonly open: readonly Open[];
  } {
    const parcels = this.#parts.pool.parcels.all();
    const closed: Closed[] = [];
    const open: Open[] = [];
    let rest: OwnBatchWithProof[] = [];
    const endRow = (isBounded: boolean): void => {
      if (rest.length > 0) open.push({ batches: rest, isBounded });
      rest = [];
    };
    for (let i = 0; i < batches.length;) {
      const parcel = parcels.find((known) => holds(known, batches, i));
      if (parcel === undefined) {
        rest.push(batches[i]!);
        i++;
        continue;
      }
      endRow(true);
      const end = i + parcel.commitments.length;
      closed.push({ parcel, batches: batches.slice(i, end) });
      i = end;
    }
    endRow(false);
    this.#forget(batches, closed);
    return { closed, open };
  }

  /** How many of these, from the first one on, may share a blob and a transaction. */
  room({ batches }: Open, most: number): number {
    const limit = this.#limits.get(batches[0]!.c) ?? most;
    let words = 0;
    const fitting = batches.findIndex(
      ({ request }) => (words += transferWords(request.transfers.length)) > BLOB_LENGTH,
    );
    return Math.min(most, limit, roomForBatches(batches), fitting < 0 ? batches.length : fitting);
  }

  /** Whether there is no room for a full batch after these, or none may join them. */
  isFull(run: readonly OwnBatch[]): boolean {
    const words = run.reduce((sum, { request }) => sum + transferWords(request.transfers.length), 0);
    const full = transferWords(Math.max(...this.#parts.sizes.map(({ transfers }) => transfers)));
    return words + full > BLOB_LENGTH || (this.#limits.get(run[0]!.c) ?? Infinity) <= run.length;
  }

  /** Makes a blob of batches, and notes it. Nothing is noted of batches that were given up meanwhile. */
  async close(run: readonly OwnBatch[]): Promise<void> {
    const { store, pool } = this.#parts;
    const coefficients = run.flatMap(blobWordsOf);
    const commitment = await this.#kzg.commitmentOf(blobOf(coefficients));
    const versionedHash = versionedHashOf(commitment);
    const digests = run.map(({ c, request, words }) => digestOf(c, request.beneficiary, words));
    const z = blobPointOf(hexToBytes(versionedHash.slice(2)), digests);
    const commitments = run.map(({ c }) => c);
    if (run.some(({ number, c }) => pool.batches.find(number)?.c !== c)) return;
    // Whoever asks for it, and this node itself once L1 has it, need no other source.
    store.blobs.add(versionedHash, withoutZeros(coefficients));
    pool.transaction(() => {
      pool.parcels.add({ first: run[0]!.number, commitments, versionedHash, commitment, z });
      for (const { number } of run) {
        const { proof } = pool.batches.find(number)!;
        if (proof === undefined || isProofAt(proof, z)) continue;
        pool.batches.dropProof(number);
        pool.operations.unproven(number);
      }
    });
  }

  /** A blob as L1 is given it, and what L1 is shown of it. */
  async blobOf({ parcel, batches }: Closed<OwnBatch>): Promise<DeliveryBlob> {
    const { versionedHash, commitment, z } = parcel;
    const known = this.#blobs.get(z);
    if (known !== undefined) return known;
    const words = batches.map(blobWordsOf);
    const data = blobOf(words.flat());
    const { proof } = await this.#kzg.openingAt(data, z);
    const values = words.map((own) => evaluateBlob(own, z));
    const blob = { data, versionedHash, opening: { commitment, proof, values } };
    this.#blobs.set(z, blob);
    return blob;
  }

  /** Lets batches share a blob with so many others at most: all of them are parted anew. */
  part({ parcel, batches }: Closed<OwnBatch>, most: number): void {
    const { pool } = this.#parts;
    this.#limits.set(batches[0]!.c, most);
    pool.transaction(() => pool.parcels.drop(parcel));
  }

  /** Whether a proof for the blob that is evaluated there is good for anything: batches may have been parted anew. */
  isCurrent(z: bigint): boolean {
    return this.#parts.pool.parcels.all().some((parcel) => parcel.z === z);
  }

  #forget(batches: readonly OwnBatch[], closed: readonly Closed[]): void {
    const wanted = new Set(batches.map(({ c }) => c));
    for (const c of this.#limits.keys()) if (!wanted.has(c)) this.#limits.delete(c);
    const points = new Set(closed.map(({ parcel }) => parcel.z));
    for (const z of this.#blobs.keys()) if (!points.has(z)) this.#blobs.delete(z);
  }
}

/** Whether a proof is good for a batch in the blob that is evaluated there. */
export const isProofAt = ({ publicSignals }: { readonly publicSignals: readonly string[] }, z: bigint): boolean =>
  publicSignals[Z] === String(z);

/** Its place among the public signals: see `signalsOf`. */
const Z = 3;

const holds = ({ first, commitments }: Parcel, batches: readonly OwnBatch[], at: number): boolean =>
  batches[at]!.number === first && commitments.every((c, k) => batches[at + k]?.c === c);

/** The blobs of batches that were made here: a store that is read from L1 again needs them, too. */
export const ownBlobs = (pool: Pool): BlobSource => ({
  name: "this node's own batches",
  candidates: ({ versionedHash }) => {
    const parcels = pool.parcels.all().filter((parcel) => parcel.versionedHash === versionedHash);
    const batches = parcels.map(({ first, commitments }) => commitments.map((_, i) => pool.batches.find(first + i)));
    const whole = batches.filter((row): row is OwnBatchWithProof[] => !row.includes(undefined));
    return Promise.resolve(whole.map((row) => row.flatMap(blobWordsOf)));
  },
});
