import { deserialize, serialize } from "node:v8";
import type { Database } from "../store/database.ts";

/** Own batches in a row whose transfers share a blob. A proof of one is good for this blob alone. */
export interface Parcel {
  /** Number of the first of them. */
  readonly first: number;
  /** Their commitments, in order. */
  readonly commitments: readonly bigint[];
  /** Of the blob: 0x and 64 digits. */
  readonly versionedHash: string;
  /** To the blob's polynomial (KZG): 48 bytes. */
  readonly commitment: Uint8Array;
  /** Where it is evaluated. */
  readonly z: bigint;
}

/** How batches were parted among blobs, before they were proven: proofs and transactions outlast a restart. */
export class Parcels {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest first. */
  all(): readonly Parcel[] {
    return this.#database.all("SELECT * FROM parcels ORDER BY sequence DESC").map(({ content }) => {
      const parcel = deserialize(content as Uint8Array) as Parcel;
      return { ...parcel, commitment: Uint8Array.from(parcel.commitment) };
    });
  }

  add(parcel: Parcel): void {
    const [newest] = this.#database.all("SELECT MAX(sequence) AS sequence FROM parcels");
    const sequence = Number(newest!["sequence"] ?? 0) + 1;
    const last = parcel.first + parcel.commitments.length - 1;
    this.#database.insert("parcels", sequence, last, String(parcel.z), serialize(parcel));
  }

  drop({ z }: Pick<Parcel, "z">): void {
    this.#database.run("DELETE FROM parcels WHERE z = ?", String(z));
  }

  /** Forgets those of batches before a number. */
  forgetBefore(number: number): void {
    this.#database.run("DELETE FROM parcels WHERE last < ?", number);
  }
}
