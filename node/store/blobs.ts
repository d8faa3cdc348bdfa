import { packCoefficients, unpackCoefficients } from "../../l1/blob-opening.ts";
import type { SealedDatabase } from "./sealed-database.ts";

/**
 * The blobs that batches' transfers are in, by their versioned hashes: L1 has them for some weeks, and then whoever kept them.
 * So nothing takes one back, not even a reorganisation: L1 may have it again.
 */
export class Blobs {
  readonly #database: SealedDatabase;

  constructor(database: SealedDatabase) {
    this.#database = database;
  }

  /**
   * Keeps a blob.
   *
   * @param versionedHash of its commitment, which the caller has compared: 0x and 64 digits, in lower case
   * @param coefficients of its polynomial, without zeros at the end
   */
  add(versionedHash: string, coefficients: readonly bigint[]): void {
    this.#database.insertNew("blobs", versionedHash, packCoefficients(coefficients));
  }

  /** The coefficients of a blob's polynomial, without zeros at the end. */
  get(versionedHash: string): readonly bigint[] | undefined {
    const row = this.#database.get("SELECT * FROM blobs WHERE versioned_hash = ?", versionedHash);
    return row && unpackCoefficients(row["coefficients"] as Uint8Array);
  }

  count(): number {
    return Number(this.#database.get("SELECT COUNT(*) AS n FROM blobs")!["n"]);
  }

  has(versionedHash: string): boolean {
    return this.#database.get("SELECT 1 FROM blobs WHERE versioned_hash = ?", versionedHash) !== undefined;
  }
}

/** So many of a polynomial's coefficients from a place on: those above its last one are 0. */
export const partOf = (coefficients: readonly bigint[], start: number, length: number): readonly bigint[] =>
  Array.from({ length }, (_, k) => coefficients[start + k] ?? 0n);
