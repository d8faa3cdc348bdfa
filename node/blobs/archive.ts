import { hexToBytes } from "@noble/curves/utils.js";
import { unpackCoefficients } from "../../l1/blob-opening.ts";
import { BLOB_LENGTH } from "../../l1/blobs/layout.ts";
import { blob as blobSchema } from "../../api/schemas.ts";
import { WORD_BYTES } from "../../protocol/constants.ts";
import { BlobServer } from "./blob-server.ts";
import type { BlobSource } from "./source.ts";

/** Bytes of an answer: the coefficients' digits, and some room for what is around them. */
const MOST_BYTES = 2 * BLOB_LENGTH * WORD_BYTES + 4_096;

/**
 * Another node of Sheaf's, of any rollup, which keeps the blobs that it has read: `GET /blobs/{versionedHash}`.
 *
 * @param url of its HTTP API, as `./sheaf node` prints it
 * @throws SheafError FIELD_INVALID
 */
export function archiveSource(url: string): BlobSource {
  const server = new BlobServer(url, "a Sheaf node");
  return {
    name: `archive ${server.host}`,
    candidates: async ({ versionedHash }, late) => {
      const answer = await server.get(`/blobs/${versionedHash}`, MOST_BYTES, late);
      if (answer === undefined) return [];
      const { success, data } = blobSchema.safeParse(answer);
      if (!success) throw new Error("its answer is not that of a Sheaf node");
      return [unpackCoefficients(hexToBytes(data.coefficients.slice(2)))];
    },
  };
}
