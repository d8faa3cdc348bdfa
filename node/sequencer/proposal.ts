import { buildBatch, type Batch } from "../../protocol/batch.ts";
import { domainOf } from "../../protocol/challenge.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { Directory } from "../pool/directory.ts";
import type { RegisteredSize, Store } from "../store/store.ts";
import { roomForBatches } from "../submitter/call.ts";

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
  return Math.min(store.waiting().length, mostOf(store.sizes()));
}

/** Proposals in one call, at most: somebody else's batch makes the proofs of all of them worthless. */
const MOST_TOGETHER = 8;

/** A size of a proposal, and how much of the queue it takes. */
export interface Share {
  readonly size: RegisteredSize;
  readonly count: number;
}

/**
 * The batches that serve what is overdue, in their order. The first takes as much as the contract demands; as many follow as
 * it takes until nothing is overdue, each of the smallest size with room for as much as any size holds of what is left.
 *
 * @param time in seconds, at which something is overdue
 */
export function sharesOf(store: Store, time: number): readonly Share[] {
  const waiting = store.waiting();
  const shares: Share[] = [];
  for (let taken = 0; shares.length === 0 || (waiting[taken]?.deadline ?? Infinity) < time;) {
    if (shares.length === MOST_TOGETHER) break;
    const size = sizeFor(store, waiting.length - taken);
    const count = Math.min(size.l1Operations, waiting.length - taken);
    shares.push({ size, count });
    taken += count;
  }
  return shares;
}

/** The smallest size with room for so much of the queue, or for as much as any has. */
function sizeFor(store: Store, waiting: number): RegisteredSize {
  const sizes = store.sizes();
  const wanted = Math.min(waiting, mostOf(sizes));
  const rows = ({ transfers, l1Operations, withdrawals }: RegisteredSize): number =>
    transfers + l1Operations + withdrawals;
  return sizes
    .filter(({ l1Operations }) => l1Operations >= wanted)
    .reduce((smallest, size) => (rows(size) < rows(smallest) ? size : smallest));
}

const mostOf = (sizes: readonly RegisteredSize[]): number => Math.max(...sizes.map(({ l1Operations }) => l1Operations));

/**
 * Makes the next batches of what waits in the queue: as many of them, from the first one on, as one transaction has room for.
 * The store stays as it is: it learns of the batches from L1.
 *
 * @param rowsOf what L1 does not say of a size
 * @param beneficiary whom the proofs are made for
 * @param timestamp of the block up to which the store was read: what is queued after it, nobody demands of the batches
 */
export function propose(
  store: Store,
  shares: readonly Share[],
  rowsOf: (size: RegisteredSize) => BatchSize,
  { beneficiary, timestamp }: { readonly beneficiary: bigint; readonly timestamp: number },
): readonly Proposal[] {
  const state = store.state().fork();
  const directory = new Directory(store.stored());
  const waiting = [...store.waiting()];
  const first = (store.lastBatch?.number ?? 0) + 1;
  const proposals = shares.map(({ size, count }, i): Proposal => {
    const taken = waiting.splice(0, count);
    const batch = buildBatch(state, rowsOf(size), {
      domain: domainOf(BigInt(store.chainId), BigInt(store.rollup)),
      batchNumber: first + i,
      timestamp: Math.max(timestamp, store.lastBatch?.timestamp ?? 0),
      beneficiary,
      token: 0,
      feeAccount: 0,
      l1Operations: directory.withIndexes(taken),
      withdrawals: [],
      transfers: [],
    });
    return { size, batch, refundAddresses: taken.map(({ refundAddress }) => refundAddress) };
  });
  const room = roomForBatches(proposals.map(({ batch: { words }, refundAddresses }) => ({ words, refundAddresses })));
  return proposals.slice(0, room);
}
