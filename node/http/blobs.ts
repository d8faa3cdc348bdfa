import { bytesToHex } from "@noble/curves/utils.js";
import { packCoefficients } from "../../l1/blob-opening.ts";
import type { Blob } from "../../api/schemas.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Store } from "../store/store.ts";

/** A blob that the store keeps. Throws `BLOB_UNKNOWN`. */
export function blobView({ blobs }: Pick<Store, "blobs">, versionedHash: string): Blob {
  const coefficients = blobs.get(versionedHash);
  if (coefficients === undefined) throw new SheafError("BLOB_UNKNOWN", `there is no blob ${versionedHash} here`);
  return { versionedHash, coefficients: `0x${bytesToHex(packCoefficients(coefficients))}` };
}
