import { DEADLINES, TIMESTAMP_WINDOW } from "../../protocol/constants.ts";
import { appendToQueue } from "../follow/batch-chain.ts";
import type { OwnBatch } from "../pool/batches.ts";
import type { Store } from "../store/store.ts";
import type { TimeRange } from "./l1-time.ts";
import { isOverdue, mustTake } from "./proposal.ts";
import { tipAfter, tipOf, type Tip } from "./unconfirmed-state.ts";

/** Of the seconds that its time may lie before L1's, a batch gets at least so many to be mined in. */
const INCLUSION_MARGIN = 600;
/** A batch waits for L1's time to reach its own for no more seconds than this, as after a reorganisation. */
const PATIENCE = 300;

/** Whether a batch made now with a timestamp would be kept, whichever of the times that were seen is L1's. */
export const isTimely = (timestamp: number, { earliest, latest }: TimeRange): boolean =>
  timestamp >= latest - TIMESTAMP_WINDOW + INCLUSION_MARGIN && timestamp <= earliest + PATIENCE;

/**
 * The first of the batches, in their order, that L1 would refuse: for it does not go on from L1's last one and those
 * before it, its share of the queue has changed, or its time has passed or is far ahead of L1's.
 *
 * @param time of L1's last blocks; `undefined` before any was seen
 */
export function firstInvalid<Batch extends OwnBatch>(
  store: Store,
  batches: readonly Batch[],
  time: TimeRange | undefined,
): Batch | undefined {
  if (batches.length === 0) return undefined;
  if (store.isFrozen) return batches[0];
  const [first] = batches as [Batch];
  if (time?.isSteady === true && isOverdue(store, time.earliest) && !servesQueue(store, first)) return first;
  let tip = tipOf(store);
  for (const batch of batches) {
    if (!follows(store, tip, batch, time)) return batch;
    tip = tipAfter(batch);
  }
  return undefined;
}

/** Whether it takes what the contract demands while the queue is overdue (`_requireServed` of contracts/Rollup.sol). */
function servesQueue(store: Store, { refundAddresses, queueEnd, request }: OwnBatch): boolean {
  const left = store.queued(queueEnd);
  const canWait = left === undefined || left.deadline > request.timestamp + DEADLINES.base;
  return canWait || refundAddresses.length >= mustTake(store);
}

function follows(store: Store, tip: Tip, batch: OwnBatch, time: TimeRange | undefined): boolean {
  const { number, oldRoot, request } = batch;
  return (
    number === tip.number + 1 &&
    oldRoot === tip.root &&
    request.timestamp >= tip.timestamp &&
    !isUntimely(request.timestamp, time) &&
    takesQueue(store, tip, batch)
  );
}

/** Whether L1 cannot take a timestamp any more, or not for long, whichever of the times that were seen is L1's. */
function isUntimely(timestamp: number, time: TimeRange | undefined): boolean {
  if (time?.isSteady !== true) return false;
  return timestamp < time.earliest - TIMESTAMP_WINDOW + INCLUSION_MARGIN || timestamp > time.latest + PATIENCE;
}

/** Whether the queue still has the operations that the batch takes from it. */
function takesQueue(store: Store, tip: Tip, { request, refundAddresses, queueEnd }: OwnBatch): boolean {
  const before = store.queueHash(tip.queueEnd);
  if (before === undefined) return false;
  const taken = request.l1Operations.filter((operation) => operation.kind !== "creation");
  const after = taken.reduce(
    (hash, operation, i) => appendToQueue(hash, { operation, refundAddress: refundAddresses[i]! }),
    before,
  );
  return tip.queueEnd + taken.length === queueEnd && store.queueHash(queueEnd) === after;
}
