import { buildBatch, type Batch } from "../protocol/batch.ts";
import { domainOf } from "../protocol/challenge.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import type { L1Operation } from "../protocol/operations.ts";
import type { RollupState } from "../protocol/state.ts";
import type { QueuedOperation, RegisteredSize, Store } from "./store/store.ts";

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

/** The size that a proposal takes: the smallest with room for as much of the queue as any size has room for. */
export function sizeToServe(store: Store): RegisteredSize {
  const sizes = store.sizes();
  const most = Math.max(...sizes.map(({ l1Operations }) => l1Operations));
  const wanted = Math.min(store.waiting().length, most);
  return sizes
    .filter(({ l1Operations }) => l1Operations >= wanted)
    .reduce((smallest, size) => (size.transfers < smallest.transfers ? size : smallest));
}

/**
 * Makes the next batch of what waits in the queue, as much as the contract demands of an overdue one. The store stays as
 * it is: it learns of the batch from L1.
 *
 * @param size whose circuit's other numbers are `rows`
 * @param timestamp of the block up to which the store was read: what is queued after it, nobody demands of the batch
 */
export function propose(store: Store, size: RegisteredSize, rows: BatchSize, timestamp: number): Proposal {
  const taken = store.waiting().slice(0, size.l1Operations);
  const state = store.state();
  const batch = buildBatch(state, rows, {
    domain: domainOf(BigInt(store.chainId), BigInt(store.rollup)),
    batchNumber: (store.lastBatch?.number ?? 0) + 1,
    timestamp: Math.max(timestamp, store.lastBatch?.timestamp ?? 0),
    token: 0,
    feeAccount: 0,
    l1Operations: withIndexes(store, state, taken),
    withdrawals: [],
    transfers: [],
  });
  return { size, batch, refundAddresses: taken.map(({ refundAddress }) => refundAddress) };
}

/** Names the index of each deposit: its account's, or an empty one. */
function withIndexes(store: Store, state: RollupState, taken: readonly QueuedOperation[]): readonly L1Operation[] {
  const stored = store.stored();
  const opened = new Map<string, number>();
  let next = stored.count() + 1;
  return taken.map(({ operation }) => {
    if (operation.kind !== "deposit") return operation;
    const { pubKeyY, l1Address, token } = operation;
    const owner = `${pubKeyY}/${l1Address}/${token}`;
    const known = [...stored.accountsOf(l1Address)].find(
      ([, account]) => account.pubKeyY === pubKeyY && account.token === token,
    );
    let index = known?.[0] ?? opened.get(owner);
    if (index === undefined) {
      while (state.account(next) !== undefined) next++;
      index = next++;
      opened.set(owner, index);
    }
    return { ...operation, index };
  });
}
