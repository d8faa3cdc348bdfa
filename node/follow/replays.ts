import type { BatchSize } from "../../protocol/constants.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { SheafError } from "../../protocol/errors.ts";
import { replaySteps } from "../../protocol/replay.ts";
import { RollupState } from "../../protocol/state.ts";
import type { Steps } from "../../protocol/steps.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import type { PublishedBatch } from "../../protocol/words.ts";
import type { Log, RollupCall } from "../l1/l1.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { OperationRow } from "../store/records.ts";
import type { RegisteredSize, Store } from "../store/store.ts";
import { rowsOf } from "./batch-rows.ts";
import type { EventOf, LoggedEvent, RollupEvent } from "./events.ts";
import type { PageBlobs } from "./page-blobs.ts";
import { submissionOf, type TakenSubmission } from "./submissions.ts";

/** A batch that was replayed: what it says, and what it changes in the state. */
export interface Replay {
  readonly published: PublishedBatch;
  readonly changes: RollupState["changes"];
  readonly rows: readonly OperationRow[];
}

/** A batch's words in calldata, and those of its transfers that are in a blob. */
interface BatchWords {
  readonly kept: Uint8Array;
  readonly inBlob: readonly bigint[];
}

/** What the transactions of a page say besides their logs. */
export class Said {
  readonly #calls: ReadonlyMap<string, RollupCall>;
  readonly blobs: PageBlobs;
  /** The state after the batch that the store begins with, where it does not begin with the first. */
  readonly snapshot: Snapshot | undefined;

  /** @param calls of the transactions that submitted batches, by their hashes */
  constructor(calls: ReadonlyMap<string, RollupCall>, blobs: PageBlobs, snapshot?: Snapshot) {
    this.#calls = calls;
    this.blobs = blobs;
    this.snapshot = snapshot;
  }

  /** Throws `RPC_INCONSISTENT`. */
  submissionOf({ transaction }: Log, { batchNumber }: EventOf<"BatchSubmitted">): TakenSubmission {
    return submissionOf(transaction, this.#calls.get(transaction)!, batchNumber);
  }
}

/** By their events. */
export type Replays = ReadonlyMap<RollupEvent, Replay>;

/**
 * Replays the batches among a store's next events, which takes a while and changes nothing yet. Ends at the first one that
 * does not go on from the one before: `EventApplier`, which replays the rest, says why.
 */
export function* replayAll(store: Store, events: readonly LoggedEvent[], said: Said): Steps<Replays> {
  const replays = new Map<RollupEvent, Replay>();
  // There is no state yet to go on from.
  if ((store.lastBatch?.number ?? 0) < store.snapshot) return replays;
  let [number, state, queueHead] = [store.lastBatch?.number ?? 0, store.state(), store.queueBounds.head];
  const sizes = [...store.sizes()];
  for (const { log, event } of events) {
    if (event.name === "BatchSizeRegistered") sizes.push(event.size);
    if (event.name !== "BatchSubmitted") continue;
    try {
      const submission = said.submissionOf(log, event);
      const size = sizes[submission.size];
      if (size === undefined || event.batchNumber !== number + 1) break;
      const before = state;
      state = before.fork();
      const words = { kept: submission.words, inBlob: said.blobs.wordsOf(store, submission.blob) };
      replays.set(event, yield* replayOf(before, state, replayable(size), words, queueHead));
      [number, queueHead] = [event.batchNumber, event.queueEnd];
    } catch {
      break;
    }
  }
  return replays;
}

/**
 * @param state becomes what it is after the batch
 * @param queueHead place of the next operation of L1's queue, before the batch
 */
export function* replayOf(
  before: RollupState,
  state: RollupState,
  size: BatchSize,
  { kept, inBlob }: BatchWords,
  queueHead: number,
): Steps<Replay> {
  const published = yield* replaySteps(state, size, kept, inBlob);
  yield;
  return { published, changes: state.changes, rows: rowsOf(published, before, queueHead) };
}

/**
 * A batch whose transfers need not be known, because a snapshot has the state after it or a later one. Roots are compared, and
 * L1 has checked what lies between them. Of its rows those of L1's operations are kept: what signed ones leave out of the words
 * follows from a state that is not there.
 *
 * @throws SheafError SNAPSHOT_MISMATCH, ROOT_MISMATCH; STATE_UNKNOWN if the snapshot is of this batch and not given
 */
export function passedOver(
  store: Store,
  batchNumber: number,
  size: RegisteredSize,
  { words, blob }: TakenSubmission,
  snapshot: Snapshot | undefined,
): Replay {
  const unknown = Array.from({ length: blob?.length ?? 0 }, () => 0n);
  const published = { ...decodeWords(replayable(size), words, unknown), transfers: [] };
  const before = store.lastBatch?.root ?? EMPTY_NODES.at(-1)!;
  if (published.oldRoot !== before) {
    const what = `batch ${batchNumber} begins with the root ${published.oldRoot}`;
    throw new SheafError("ROOT_MISMATCH", `${what}, and the one before it ends with ${before}`);
  }
  const rows = rowsOf({ ...published, withdrawals: [] }, new RollupState(), store.queueBounds.head);
  if (batchNumber < store.snapshot) return { published, changes: new RollupState().changes, rows };
  if (snapshot === undefined)
    throw new SheafError("STATE_UNKNOWN", `${store.path} lacks its snapshot of batch ${batchNumber}`);
  const { root } = snapshot.state;
  if (root === published.newRoot) return { published, changes: snapshot.state.changes, rows };
  const what = `the snapshot of batch ${batchNumber} has the root ${root}`;
  throw new SheafError("SNAPSHOT_MISMATCH", `${what}, and L1 has ${published.newRoot}`);
}

/** A size as it is registered on L1 does not say how many accounts, segments and nodes its circuit has; who replays need not know. */
export function replayable({ id, transfers, l1Operations, withdrawals }: RegisteredSize): BatchSize {
  return { name: `size ${id}`, transfers, accounts: 0, l1Operations, withdrawals, segments: 0, nodes: 0 };
}
