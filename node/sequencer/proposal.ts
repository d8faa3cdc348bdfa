import { buildBatch, type Batch } from "../../protocol/batch.ts";
import { domainOf } from "../../protocol/challenge.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { Directory } from "../pool/directory.ts";
import type { RegisteredSize, Store } from "../store/store.ts";

/** A batch that serves the queue: what anyone may submit when nobody else does. */
export interface Proposal {
  readonly size: RegisteredSize;
  readonly batch: Batch;
  /** Of the operations that it takes from the queue, in order. */
  readonly refundAddresses: readonly string[];
}

/**
 * Whether anyone may submit, at a time in seconds; the contract asks the time of the submission's own block.
 *
 * @throws SheafError ROLLUP_FROZEN
 */
export function isOverdue(store: Store, time: number): boolean {
  if (store.isFrozen) throw new SheafError("ROLLUP_FROZEN", `${store.rollup} is frozen`);
  const [first] = store.waiting();
  return first !== undefined && time > first.deadline;
}

/** How much of an overdue queue the contract demands of a batch: as much as any size has room for. */
export function mustTake(store: Store): number {
  const most = Math.max(...store.sizes().map(({ l1Operations }) => l1Operations));
  return Math.min(store.waiting().length, most);
}

/** The size that a proposal takes: the smallest with room for as much of the queue as it must take. */
export function sizeToServe(store: Store): RegisteredSize {
  const wanted = mustTake(store);
  const rows = ({ transfers, l1Operations, withdrawals }: RegisteredSize): number =>
    transfers + l1Operations + withdrawals;
  return store
    .sizes()
    .filter(({ l1Operations }) => l1Operations >= wanted)
    .reduce((smallest, size) => (rows(size) < rows(smallest) ? size : smallest));
}

/**
 * Makes the next batch of what waits in the queue, as much as the contract demands of an overdue one. The store stays as
 * it is: it learns of the batch from L1.
 *
 * @param size whose circuit's other numbers are `rows`
 * @param beneficiary whom the proof is made for
 * @param timestamp of the block up to which the store was read: what is queued after it, nobody demands of the batch
 */
export function propose(
  store: Store,
  size: RegisteredSize,
  rows: BatchSize,
  { beneficiary, timestamp }: { readonly beneficiary: bigint; readonly timestamp: number },
): Proposal {
  const taken = store.waiting().slice(0, size.l1Operations);
  const batch = buildBatch(store.state(), rows, {
    domain: domainOf(BigInt(store.chainId), BigInt(store.rollup)),
    batchNumber: (store.lastBatch?.number ?? 0) + 1,
    timestamp: Math.max(timestamp, store.lastBatch?.timestamp ?? 0),
    beneficiary,
    token: 0,
    feeAccount: 0,
    l1Operations: new Directory(store.stored()).withIndexes(taken),
    withdrawals: [],
    transfers: [],
  });
  return { size, batch, refundAddresses: taken.map(({ refundAddress }) => refundAddress) };
}
