import { DatabaseSync } from "node:sqlite";
import { unpackCoefficients } from "../../l1/blob-opening.ts";
import { isAsWritten } from "./seal.ts";
import type { Store } from "./store.ts";

/**
 * Takes over the blobs of a store's file that is damaged, or of another version: all else in it is on L1, but blobs may be
 * nowhere else any more. Each row that is as it was written is taken, as far as the file can be read.
 *
 * @param path of the damaged file
 */
export function salvageBlobs(path: string, store: Store): void {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      for (const row of database.prepare("SELECT * FROM blobs").iterate()) {
        if (isAsWritten(row) && "seal" in row) {
          store.blobs.add(String(row["versioned_hash"]), unpackCoefficients(row["coefficients"] as Uint8Array));
        }
      }
    } finally {
      database.close();
    }
  } catch (error) {
    // Whatever the file does not give is looked for elsewhere; that the new one cannot be written is told.
    if (error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR") return;
    throw error;
  }
}
