import { ZeroAddress } from "ethers";
import type { L1 } from "./l1/l1.ts";
import { BLOB_KZG, type BlobKzg } from "./sequencer/parcelling.ts";

/** What a node makes blobs with, for a rollup whose transfers are in blobs; `undefined` for another. */
export async function blobToolsFor(l1: Pick<L1, "call">): Promise<BlobKzg | undefined> {
  const [opener] = await l1.call("blobOpener", [], "latest");
  return opener === ZeroAddress ? undefined : BLOB_KZG;
}
