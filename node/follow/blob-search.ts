import { SheafError } from "../../protocol/errors.ts";
import type { BlobFinder } from "../blobs/finder.ts";
import type { L1, RollupCall } from "../l1/l1.ts";
import { allOf } from "../l1/parallel.ts";
import type { Store } from "../store/store.ts";
import type { LoggedEvent } from "./events.ts";
import { takenIn } from "./submissions.ts";

/** What was found of the blobs that events need and a store lacks. */
export interface Search {
  /** Coefficients by versioned hashes. */
  readonly found: ReadonlyMap<string, readonly bigint[]>;
  /** The first block whose blob was not, if there is one. */
  readonly missing: { readonly block: number; readonly error: SheafError } | undefined;
}

/**
 * Looks for the blobs of batches that the store does not have.
 *
 * @param calls of the batches' transactions, by hashes
 * @throws SheafError what L1's node causes; that a blob is not to be had is part of the result
 */
export async function searchBlobs(
  { l1, store, finder }: { readonly l1: L1; readonly store: Store; readonly finder: BlobFinder },
  events: readonly LoggedEvent[],
  calls: ReadonlyMap<string, RollupCall>,
): Promise<Search> {
  const wanted = new Map<string, number>();
  for (const { log, event } of events) {
    // Of what a snapshot stands for nobody needs to know how it came about.
    if (event.name !== "BatchSubmitted" || event.batchNumber <= store.snapshot) continue;
    const call = calls.get(log.transaction);
    const hash = call && hashOf(call);
    if (hash !== undefined && !wanted.has(hash) && !store.blobs.has(hash)) wanted.set(hash, log.block.number);
  }
  const found = new Map<string, readonly bigint[]>();
  let missing: Search["missing"];
  await allOf([...wanted], async ([versionedHash, number]) => {
    const block = await l1.requireBlock(number);
    try {
      found.set(versionedHash, await finder.find({ versionedHash, block }));
    } catch (error) {
      if (!(error instanceof SheafError) || error.code !== "BLOB_UNAVAILABLE") throw error;
      if (missing === undefined || number < missing.block) missing = { block: number, error };
    }
  });
  return { found, missing };
}

/** The blob that a call's batches have transfers in: none if they have no transfers, for then it says nothing. */
function hashOf(call: RollupCall): string | undefined {
  try {
    return takenIn(call).find(({ blob }) => blob !== undefined && blob.length > 0)?.blob?.versionedHash;
  } catch {
    // `EventApplier` says what is wrong with it.
    return undefined;
  }
}
