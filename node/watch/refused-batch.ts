import { SheafError } from "../../protocol/errors.ts";
import { replaySteps } from "../../protocol/replay.ts";
import { inSlices } from "../../protocol/slices.ts";
import type { RollupState } from "../../protocol/state.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import { BlobFinder } from "../blobs/finder.ts";
import { searchBlobs } from "../follow/blob-search.ts";
import { eventsIn, type LoggedEvent } from "../follow/events.ts";
import type { FollowOptions } from "../follow/follower.ts";
import { PageBlobs } from "../follow/page-blobs.ts";
import { replayable } from "../follow/replays.ts";
import { submissionOf, type Submission } from "../follow/submissions.ts";
import type { L1, RollupCall } from "../l1/l1.ts";
import { LogPager } from "../l1/log-pager.ts";
import type { RegisteredSize, Store } from "../store/store.ts";

/** A batch that L1 took, though it does not follow from what was there before. */
export interface RefusedBatch {
  readonly number: number;
  /** The transaction that brought it: 0x and 64 digits. */
  readonly transaction: string;
  readonly size: RegisteredSize;
  /** As L1 took it, with its proof. */
  readonly submission: Submission;
  /** Before the batch. */
  readonly before: RollupState;
  /** What does not follow. */
  readonly fault: SheafError;
}

export type SearchOptions = Pick<FollowOptions, "blobs" | "blocks" | "clock">;

/**
 * Finds the batch that a follower stops at, in what L1 has after the store's last block: replays forward in memory until
 * one fails. The store stays as it is.
 *
 * @returns `undefined` if all batches follow from the ones before them
 * @throws SheafError the codes of reading L1: NETWORK_UNREACHABLE, RPC_*, BLOB_UNAVAILABLE
 */
export async function findRefused(
  l1: L1,
  store: Store,
  options: SearchOptions = {},
): Promise<RefusedBatch | undefined> {
  const { clock = SYSTEM_CLOCK, blobs: finder = new BlobFinder([]) } = options;
  // There is no state yet to go on from.
  if ((store.lastBatch?.number ?? 0) < store.snapshot) return undefined;
  const pager = new LogPager(l1, options);
  const head = await l1.requireBlock("latest");
  const sizes = [...store.sizes()];
  let state = store.state();
  for (let from = store.cursor.number + 1; from <= head.number;) {
    const page = await pager.read(from, head.number);
    if (page === undefined) throw new SheafError("RPC_INCONSISTENT", "the chain changed while it was read");
    const events = eventsIn(page.logs);
    const calls = await callsOf(l1, events);
    const { found, missing } = await searchBlobs({ l1, store, finder }, events, calls);
    const blobs = new PageBlobs(found);
    for (const { log, event } of events) {
      if (missing !== undefined && log.block.number >= missing.block) throw missing.error;
      if (event.name === "BatchSizeRegistered") sizes.push(event.size);
      if (event.name !== "BatchSubmitted") continue;
      const { batchNumber: number } = event;
      const { transaction } = log;
      const submission = submissionOf(transaction, calls.get(transaction)!, number);
      const size = sizes[submission.size];
      if (size === undefined) throw new SheafError("RPC_INCONSISTENT", `batch ${number} is of a size that L1 has not`);
      const before = state;
      state = before.fork();
      try {
        const inBlob = blobs.wordsOf(store, submission.blob);
        await inSlices(replaySteps(state, replayable(size), submission.words, inBlob), clock);
      } catch (fault) {
        if (!isFault(fault)) throw fault;
        return { number, transaction, size, submission, before, fault };
      }
    }
    from = page.end.number + 1;
  }
  return undefined;
}

async function callsOf(l1: L1, events: readonly LoggedEvent[]): Promise<ReadonlyMap<string, RollupCall>> {
  const calls = new Map<string, RollupCall>();
  for (const { log, event } of events) {
    if (event.name !== "BatchSubmitted" || calls.has(log.transaction)) continue;
    calls.set(log.transaction, await l1.rollupCall(log));
  }
  return calls;
}

const isFault = (error: unknown): error is SheafError =>
  error instanceof SheafError && (error.code === "ROOT_MISMATCH" || error.code === "WORDS_MALFORMED");
