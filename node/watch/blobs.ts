import { BLOB_DAYS, type BlobFinder } from "../blobs/finder.ts";
import type { L1 } from "../l1/l1.ts";
import type { Store } from "../store/store.ts";
import type { Alarm } from "./alarms.ts";

const DAY = 86_400;
/** Days after which somebody else than L1's nodes must have a blob: so that some are left in which to see to it. */
const CARE_DAYS = 12;
/** Blobs that are asked for at a time: each is downloaded, and its commitment computed. */
const AT_ONCE = 4;

/**
 * Looks whether the blobs that L1's nodes are about to forget, or have forgotten, can be had from somebody else than this store.
 * Of many some are asked for each time, by chance; one that was there is not asked for again for a day.
 */
export class BlobWatch {
  readonly #finder: BlobFinder;
  /** By versioned hashes: when it was there, in Unix seconds, or why it was not. */
  readonly #seen = new Map<string, number | string>();

  constructor(finder: BlobFinder) {
    this.#finder = finder;
  }

  /** @param time in Unix seconds */
  async look(l1: L1, store: Store, time: number): Promise<readonly Alarm[]> {
    const old = store.blobsUntil(time - CARE_DAYS * DAY);
    const due = old.filter(({ versionedHash }) => {
      const seen = this.#seen.get(versionedHash);
      return typeof seen !== "number" || seen <= time - DAY;
    });
    for (const { versionedHash, block } of sampleOf(due)) {
      const wanted = { versionedHash, block: await l1.requireBlock(block) };
      this.#seen.set(versionedHash, (await this.#finder.lack(wanted)) ?? time);
    }
    const lacking = old.filter(({ versionedHash }) => typeof this.#seen.get(versionedHash) === "string");
    const [first] = lacking;
    if (first === undefined) return [];
    const which = `the blob ${first.versionedHash} of batch ${first.batch}`;
    const others = lacking.length === 1 ? "" : `, and ${lacking.length - 1} more of those that were asked for`;
    const reason = String(this.#seen.get(first.versionedHash));
    const message = `${which}${others}, older than ${CARE_DAYS} days, can be had from nobody (${reason}): L1's nodes forget it after ${BLOB_DAYS}; have a Sheaf node follow the rollup that others can reach`;
    return [{ kind: "blob-unavailable", message }];
  }
}

function sampleOf<T>(items: readonly T[]): readonly T[] {
  const left = [...items];
  const count = Math.min(AT_ONCE, left.length);
  return Array.from({ length: count }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0]!);
}
