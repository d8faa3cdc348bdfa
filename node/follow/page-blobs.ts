import { evaluateBlob } from "../../protocol/blob.ts";
import { SheafError } from "../../protocol/errors.ts";
import { partOf, type Blobs } from "../store/blobs.ts";
import type { BlobPart } from "./submissions.ts";

/** The blobs that a page's batches need: those that a store has, and those that were found elsewhere. */
export class PageBlobs {
  readonly #found: ReadonlyMap<string, readonly bigint[]>;

  /** @param found coefficients by versioned hashes, which were compared */
  constructor(found: ReadonlyMap<string, readonly bigint[]> = new Map()) {
    this.#found = found;
  }

  /**
   * The words of a batch's transfers: none if they are in calldata.
   *
   * @throws SheafError BLOB_UNAVAILABLE, RPC_INCONSISTENT if their polynomial has another value than L1 was shown
   */
  wordsOf(store: { readonly blobs: Blobs }, part: BlobPart | undefined): readonly bigint[] {
    if (part === undefined) return [];
    const words = part.length === 0 ? [] : partOf(this.#coefficients(store, part), part.start, part.length);
    if (evaluateBlob(words, part.z) === part.value) return words;
    const what = `the transfers in the blob ${part.versionedHash}, from word ${part.start} on`;
    throw new SheafError("RPC_INCONSISTENT", `${what}, have another value than the call says that L1 took`);
  }

  /** Puts the blob of a batch into a store, if it is not there yet. */
  keep({ blobs }: { readonly blobs: Blobs }, { versionedHash }: BlobPart): void {
    const found = this.#found.get(versionedHash);
    if (found !== undefined) blobs.add(versionedHash, found);
  }

  #coefficients({ blobs }: { readonly blobs: Blobs }, { versionedHash }: BlobPart): readonly bigint[] {
    const coefficients = this.#found.get(versionedHash) ?? blobs.get(versionedHash);
    if (coefficients !== undefined) return coefficients;
    throw new SheafError("BLOB_UNAVAILABLE", `the blob ${versionedHash} was not found`);
  }
}
