import type { Owner } from "../../protocol/account.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { demandOf, fits } from "../../protocol/demand.ts";
import type { L1Operation } from "../../protocol/operations.ts";
import { RollupState } from "../../protocol/state.ts";
import { finish, type Steps } from "../../protocol/steps.ts";
import { applyMovements } from "../../protocol/transition.ts";
import type { Directory } from "../directory.ts";
import { isSigned, type PooledCreation, type PooledOperation, type PooledSigned } from "../pool/operation.ts";
import { Projection } from "../pool/projection.ts";
import type { QueuedOperation } from "../store/store.ts";
import type { LayeredState } from "./layered-state.ts";
import { neededBy, sortOpenings } from "./openings.ts";
import { byKind, selectionSteps } from "./selection.ts";
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

/** As `draftBatch`, some operations at a time. */
export function* draftSteps(ingredients: Ingredients): Steps<Draft> {
  const { sizes, mustTake, mayLeave } = ingredients;
  const drafts: Draft[] = [];
  for (const size of sizes.filter(({ l1Operations }) => l1Operations >= mustTake)) {
    drafts.push(yield* draftOf(size, ingredients));
  }
  const leaving = drafts.filter(mayLeave);
  return (leaving.length > 0 ? leaving : drafts).reduce((best, draft) => (worth(draft) > worth(best) ? draft : best));
}

/** Rows that somebody pays for. */
export const worth = ({ queued, signed }: Draft): number => queued.length + signed.length;

function* draftOf(size: BatchSize, ingredients: Ingredients): Steps<Draft> {
  const { pending, directory, mayLeave } = ingredients;
  const queued = ingredients.queued.slice(0, size.l1Operations);
  const queue = directory.withIndexes(queued);
  const state = after(ingredients.state, queue);
  const { wanted, opened } = sortOpenings(state, pending);
  const doable = yield* doableOf(state, wanted, ingredients);
  const rows: Rows = { size, queue, wanted, doable, ingredients };
  const draftWith = ({ openings, ...rest }: Selection): Draft => {
    const all = [...openings, ...giftsFor({ openings, ...rest }, rows)];
    const l1Operations = [...queue, ...all.map(({ accepted }) => accepted.operation)];
    return { size, queued, ...rest, l1Operations, opened: [...opened, ...all] };
  };
  // The token of the operation that has waited longest, of those whose batch may leave now.
  let first: Draft | undefined;
  for (const token of new Set(doable.map(({ accepted }) => accepted.operation.token))) {
    yield;
    const selection = yield* select(token, rows);
    if (selection.signed.length === 0) continue;
    const draft = draftWith(selection);
    if (mayLeave(draft)) return draft;
    first ??= draft;
  }
  return first ?? draftWith({ token: 0, feeAccount: 0, signed: [], openings: [] });
}

/** What can come next of what was signed: the batch's share of L1's queue may have taken what it spends. */
function* doableOf(
  state: RollupState,
  wanted: readonly PooledCreation[],
  { pending, timestamp }: Ingredients,
): Steps<readonly PooledSigned[]> {
  const projection = new Projection(state);
  for (const { accepted } of wanted) projection.open(accepted.operation);
  const doable: PooledSigned[] = [];
  for (const pooled of pending.filter(isSigned)) {
    yield;
    if (projection.objection(pooled.accepted, timestamp) !== undefined) continue;
    projection.apply(pooled.accepted);
    doable.push(pooled);
  }
  return doable;
}

interface Rows {
  readonly size: BatchSize;
  /** Of L1's queue. */
  readonly queue: readonly L1Operation[];
  /** Accounts to be opened. */
  readonly wanted: readonly PooledCreation[];
  readonly doable: readonly PooledSigned[];
  readonly ingredients: Ingredients;
}

interface Selection extends Pick<Draft, "token" | "feeAccount" | "signed"> {
  readonly openings: readonly PooledCreation[];
}

/** Operations of a token and the openings that these need. An opening comes with its payment, or neither does. */
function* select(token: number, { size, queue, wanted, doable, ingredients }: Rows): Steps<Selection> {
  const { directory, feeOwner, agedBefore, isPaid } = ingredients;
  const ofToken = doable.filter(({ accepted }) => accepted.operation.token === token);
  const waiting = byUrgency(ofToken, agedBefore);
  const owed = (payment: string | undefined): payment is string => payment !== undefined && !isPaid(payment);
  let openings = neededBy(waiting, wanted, isPaid).slice(0, size.l1Operations - queue.length);
  for (;;) {
    const held = new Set(
      wanted.filter((opening) => !openings.includes(opening)).map(({ accepted }) => accepted.payment),
    );
    const l1Operations = [...queue, ...openings.map(({ accepted }) => accepted.operation)];
    const state = after(ingredients.state, l1Operations);
    const index = directory.find(feeOwner, token);
    const feeAccount = index !== undefined && state.account(index) !== undefined ? index : undefined;
    const candidates = withoutHeld(waiting, held).map((pooled) => ({ ...pooled.accepted, pooled }));
    yield;
    const selected = yield* selectionSteps(state, size, candidates, feeAccount, l1Operations);
    const signed = selected.map(({ pooled }) => pooled);
    const taken = new Set(signed.map(({ id }) => id));
    const paid = openings.filter(({ accepted: { payment } }) => !owed(payment) || taken.has(payment));
    if (paid.length === openings.length) return { token, feeAccount: feeAccount ?? 0, signed, openings };
    openings = paid;
  }
}

/** Without these, and without what their accounts signed after them. */
function withoutHeld(waiting: readonly PooledSigned[], held: ReadonlySet<string | undefined>): readonly PooledSigned[] {
  const heldUp = new Set<number>();
  return waiting.filter(({ id, accepted: { operation } }) => {
    if (held.has(id)) heldUp.add(operation.from);
    return !heldUp.has(operation.from);
  });
}

/** Openings that nobody pays for, in the rows that are left. */
function giftsFor(
  { token, feeAccount, signed, openings }: Selection,
  { size, queue, wanted, ingredients: { isPaid } }: Rows,
): readonly PooledCreation[] {
  const taken = [...openings];
  const movements = { token, feeAccount, ...byKind(signed.map(({ accepted }) => accepted)) };
  for (const opening of wanted) {
    const { payment } = opening.accepted;
    if (taken.includes(opening) || (payment !== undefined && !isPaid(payment))) continue;
    const rows = [...queue, ...[...taken, opening].map(({ accepted }) => accepted.operation)];
    if (fits(size, demandOf({ ...movements, l1Operations: rows }))) taken.push(opening);
  }
  return taken.slice(openings.length);
}

/** A state after rows of a batch. */
function after(before: LayeredState, l1Operations: readonly L1Operation[]): RollupState {
  const state = new RollupState(before);
  applyMovements(state, { token: 0, feeAccount: 0, l1Operations, withdrawals: [], transfers: [] });
  return state;
}
