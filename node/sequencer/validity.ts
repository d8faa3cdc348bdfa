import { DEADLINES, TIMESTAMP_WINDOW } from "../../protocol/constants.ts";
import { appendToQueue } from "../chains.ts";
import type { OwnBatch } from "../pool/batches.ts";
import { isOverdue, mustTake } from "../proposal.ts";
import type { Store } from "../store/store.ts";
import { tipAfter, tipOf, type Tip } from "./ahead.ts";

/** Of the seconds that its time may lie before L1's, a batch gets at least so many to be mined in. */
const INCLUSION_MARGIN = 600;

/**
 * The first of the batches, in their order, that L1 would refuse: for it does not go on from L1's last one and those
 * before it, its share of the queue has changed, or its time has passed.
 *
 * @param time of L1's newest block, in seconds
 */
export function firstInvalid<Batch extends OwnBatch>(
  store: Store,
  batches: readonly Batch[],
  time: number,
): Batch | undefined {
  if (batches.length === 0) return undefined;
  if (store.isFrozen) return batches[0];
  const [first] = batches as [Batch];
  if (isOverdue(store, time) && !servesQueue(store, first)) return first;
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

function follows(store: Store, tip: Tip, batch: OwnBatch, time: number): boolean {
  const { number, oldRoot, request } = batch;
  return (
    number === tip.number + 1 &&
    oldRoot === tip.root &&
    request.timestamp >= tip.timestamp &&
    request.timestamp >= time - TIMESTAMP_WINDOW + INCLUSION_MARGIN &&
    takesQueue(store, tip, batch)
  );
}

/** Whether what the batch takes from the queue is still there. */
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
