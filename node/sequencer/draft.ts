import type { Account, Owner } from "../../protocol/account.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { L1Operation, SignedOperation } from "../../protocol/operations.ts";
import { RollupState } from "../../protocol/state.ts";
import { finish, type Steps } from "../../protocol/steps.ts";
import { movementSteps } from "../../protocol/transition.ts";
import type { Directory } from "../pool/directory.ts";
import { isSigned, type PooledCreation, type PooledOperation, type PooledSigned } from "../pool/operation.ts";
import { openedBy, Projection } from "../pool/projection.ts";
import type { QueuedOperation } from "../store/store.ts";
import type { LayeredState } from "./layered-state.ts";
import { OpeningBook, type Openings } from "./openings.ts";
import { Room } from "./room.ts";
import { selectionSteps } from "./selection.ts";
import { byUrgency } from "./urgency.ts";

/** What the next batch can be made of. */
export interface Ingredients {
  /** That the batch goes on from. */
  readonly state: LayeredState;
  /** L1's operations that may be taken, in order. */
  readonly queued: readonly QueuedOperation[];
  /** Of these it takes at least so many. */
  readonly mustTake: number;
  /** What can be done, an account's in the order of nonces. */
  readonly pending: readonly PooledOperation[];
  readonly directory: Directory;
  /** Who gets the fees. */
  readonly feeOwner: Owner;
  /** By id, the cheapest to prove first. */
  readonly sizes: readonly BatchSize[];
  /** Of the batch, in seconds. */
  readonly timestamp: number;
  /** What waits since before this time comes before fees: milliseconds of Unix time. */
  readonly agedBefore: number;
  /** Whether the payment for an opening is in a batch already. */
  readonly isPaid: (payment: string) => boolean;
  /** Whether such a batch may be made. */
  readonly mayLeave: (draft: Draft) => boolean;
}

/** What a batch of one size would take. */
export interface Draft {
  readonly size: BatchSize;
  readonly token: number;
  readonly feeAccount: number;
  readonly l1Operations: readonly L1Operation[];
  readonly queued: readonly QueuedOperation[];
  readonly signed: readonly PooledSigned[];
  /** Accounts that are open after it. */
  readonly opened: readonly PooledCreation[];
}

/** The batch that takes the most of what waits, of the cheapest size that has room for it; one that may leave, if any may. */
export const draftBatch = (ingredients: Ingredients): Draft => finish(draftSteps(ingredients));

/**
 * As `draftBatch`, some operations at a time. Sizes that take as much of L1's queue share the look at what can come next, so
 * that with n operations waiting a draft takes O(n log n): each is put in its place once, and offered to each size once, but
 * where openings turn out to be unpaid, of which a batch has few rows.
 */
export function* draftSteps(ingredients: Ingredients): Steps<Draft> {
  const { sizes, queued, mustTake, mayLeave } = ingredients;
  const openings = new OpeningBook(ingredients.pending, ingredients.isPaid);
  const prospects = new Map<number, Prospects>();
  const drafts: Draft[] = [];
  for (const size of sizes.filter(({ l1Operations }) => l1Operations >= mustTake)) {
    const share = Math.min(size.l1Operations, queued.length);
    const after = prospects.get(share) ?? (yield* prospectsAfter(queued.slice(0, share), openings, ingredients));
    prospects.set(share, after);
    drafts.push(yield* draftOf(size, after, ingredients));
  }
  const leaving = drafts.filter(mayLeave);
  return (leaving.length > 0 ? leaving : drafts).reduce((best, draft) => (worth(draft) > worth(best) ? draft : best));
}

/** Rows that somebody pays for. */
export const worth = ({ queued, signed }: Draft): number => queued.length + signed.length;

/** What can come into a batch after its share of L1's queue. */
interface Prospects {
  readonly queued: readonly QueuedOperation[];
  readonly queue: readonly L1Operation[];
  /** After that share. */
  readonly state: Pick<RollupState, "account">;
  readonly openings: Openings;
  /** The most urgent first, by token: that of the operation that has waited longest comes first. */
  readonly waiting: ReadonlyMap<number, readonly PooledSigned[]>;
}

function* prospectsAfter(
  queued: readonly QueuedOperation[],
  book: OpeningBook,
  { state: before, pending, timestamp, agedBefore, directory }: Ingredients,
): Steps<Prospects> {
  const queue = directory.withIndexes(queued);
  const state = new RollupState(before);
  yield* movementSteps(state, { token: 0, feeAccount: 0, l1Operations: queue, withdrawals: [], transfers: [] });
  const openings = yield* book.after(state);
  const projection = new Projection(state);
  for (const { accepted } of openings.wanted) projection.open(accepted.operation);
  const doable: PooledSigned[] = [];
  for (const pooled of pending.filter(isSigned)) {
    yield;
    // The share of L1's queue may have taken what it spends.
    if (projection.objection(pooled.accepted, timestamp) !== undefined) continue;
    projection.apply(pooled.accepted);
    doable.push(pooled);
  }
  const waiting = new Map<number, readonly PooledSigned[]>();
  for (const [token, ofToken] of Map.groupBy(doable, ({ accepted }) => accepted.operation.token)) {
    waiting.set(token, byUrgency(ofToken, agedBefore));
    yield;
  }
  return { queued, queue, state, openings, waiting };
}

function* draftOf(size: BatchSize, prospects: Prospects, ingredients: Ingredients): Steps<Draft> {
  const { queued, queue, openings } = prospects;
  const draftWith = (selection: Selection): Draft => {
    const { openings: needed, ...rest } = selection;
    const all = [...needed, ...giftsFor(size, selection, prospects)];
    const l1Operations = [...queue, ...all.map(({ accepted }) => accepted.operation)];
    return { size, queued, ...rest, l1Operations, opened: [...openings.opened, ...all] };
  };
  // The token of the operation that has waited longest, of those whose batch may leave now.
  let first: Draft | undefined;
  for (const [token, waiting] of prospects.waiting) {
    yield;
    const selection = yield* select(size, token, waiting, prospects, ingredients);
    if (selection.signed.length === 0) continue;
    const draft = draftWith(selection);
    if (ingredients.mayLeave(draft)) return draft;
    first ??= draft;
  }
  return first ?? draftWith({ token: 0, feeAccount: 0, signed: [], openings: [] });
}

interface Selection extends Pick<Draft, "token" | "feeAccount" | "signed"> {
  readonly openings: readonly PooledCreation[];
}

/** Operations of a token and the openings that these need. An opening comes with its payment, or neither does. */
function* select(
  size: BatchSize,
  token: number,
  waiting: readonly PooledSigned[],
  { queue, state, openings: all }: Prospects,
  { directory, feeOwner }: Ingredients,
): Steps<Selection> {
  let openings = all.neededBy(waiting, size.l1Operations - queue.length);
  for (;;) {
    const opened = new Map(openings.map(({ accepted: { operation } }) => [operation.index, openedBy(operation)]));
    const account = (index: number): Account | undefined => opened.get(index) ?? state.account(index);
    const l1Operations = [...queue, ...openings.map(({ accepted }) => accepted.operation)];
    const index = directory.find(feeOwner, token);
    const feeAccount = index !== undefined && account(index) !== undefined ? index : undefined;
    const candidates = withoutHeld(waiting, all.unmet(openings));
    const selected = yield* selectionSteps({ account }, size, candidates, feeAccount, l1Operations);
    const signed = selected.map(({ pooled }) => pooled);
    const taken = new Set(signed.map(({ id }) => id));
    const paid = openings.filter((opening) => !all.isOwed(opening) || taken.has(opening.accepted.payment!));
    if (paid.length === openings.length) return { token, feeAccount: feeAccount ?? 0, signed, openings };
    openings = paid;
  }
}

/** As they are selected, without what is to be held, and without what their accounts signed after that. */
function* withoutHeld(
  waiting: readonly PooledSigned[],
  isHeld: (id: string) => boolean,
): Generator<SignedOperation & { readonly pooled: PooledSigned }> {
  const heldUp = new Set<number>();
  for (const pooled of waiting) {
    const { from } = pooled.accepted.operation;
    if (isHeld(pooled.id)) heldUp.add(from);
    if (!heldUp.has(from)) yield { ...pooled.accepted, pooled };
  }
}

/** Openings that nobody pays for, in the rows that are left. */
function giftsFor(
  size: BatchSize,
  { feeAccount, signed, openings }: Selection,
  { queue, openings: all }: Prospects,
): readonly PooledCreation[] {
  const rows = size.l1Operations - queue.length - openings.length;
  const room = new Room(size, feeAccount, [...queue, ...openings.map(({ accepted }) => accepted.operation)]);
  for (const { accepted } of signed) room.take(accepted);
  const taken: PooledCreation[] = [];
  for (const opening of all.free) {
    if (taken.length === rows) break;
    if (!openings.includes(opening) && room.open(opening.accepted.operation.index)) taken.push(opening);
  }
  return taken;
}
