import { sameOwner, type Owner } from "../../protocol/account.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Creation, L1Operation } from "../../protocol/operations.ts";
import { RollupState } from "../../protocol/state.ts";
import { applyMovements } from "../../protocol/transition.ts";
import type { Directory } from "../directory.ts";
import {
  isCreation,
  isSigned,
  type PooledCreation,
  type PooledOperation,
  type PooledSigned,
  type Reason,
} from "../pool/operation.ts";
import { Projection } from "../pool/projection.ts";
import type { QueuedOperation } from "../store/store.ts";
import type { LayeredState } from "./layered-state.ts";
import { selectOperations } from "./selection.ts";
import { byUrgency } from "./urgency.ts";

/** What the next batch can be made of. */
export interface Ingredients {
  /** That the batch goes on from. */
  readonly state: LayeredState;
  /** L1's operations that may be taken, in order. */
  readonly queued: readonly QueuedOperation[];
  /** Of these it takes at least so many. */
  readonly mustTake: number;
  /** In the order of arrival. */
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
  /** Whether what cannot be done now, but is not expired, goes on waiting, as after a reorganisation. */
  readonly patient: boolean;
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
  /** What can never be done. */
  readonly rejected: readonly { readonly id: string; readonly reason: Reason }[];
}

/** The batch that takes the most of what waits, of the cheapest size that has room for it. */
export function draftBatch(ingredients: Ingredients): Draft {
  const { sizes, mustTake } = ingredients;
  const drafts = sizes.filter(({ l1Operations }) => l1Operations >= mustTake).map((size) => draftOf(size, ingredients));
  return drafts.reduce((best, draft) => (worth(draft) > worth(best) ? draft : best));
}

const worth = ({ l1Operations, signed }: Draft): number => l1Operations.length + signed.length;

function draftOf(size: BatchSize, ingredients: Ingredients): Draft {
  const { pending, directory, feeOwner, timestamp, patient } = ingredients;
  const rows = firstRows(size, ingredients);
  const projection = new Projection(rows.state);
  const doable: PooledSigned[] = [];
  const rejected = [...rows.rejected];
  for (const pooled of pending.filter(isSigned)) {
    const reason = objection(projection, pooled, timestamp);
    if (reason === undefined) {
      projection.apply(pooled.accepted);
      doable.push(pooled);
    } else if (!patient || reason.code === "OPERATION_EXPIRED") rejected.push({ id: pooled.id, reason });
  }
  const common = { size, ...rows, rejected };
  // The token of the operation that has waited longest, of those that a batch can take now.
  for (const token of new Set(doable.map(({ accepted }) => accepted.operation.token))) {
    const index = directory.find(feeOwner, token);
    const feeAccount = index !== undefined && rows.state.account(index) !== undefined ? index : undefined;
    const waiting = byUrgency(
      doable.filter(({ accepted }) => accepted.operation.token === token),
      ingredients.agedBefore,
    );
    const signed = select(rows, size, waiting, feeAccount);
    if (signed.length > 0) return { ...common, token, feeAccount: feeAccount ?? 0, signed };
  }
  return { ...common, token: 0, feeAccount: 0, signed: [] };
}

interface Rows extends Pick<Draft, "l1Operations" | "queued" | "opened" | "rejected"> {
  /** After them. */
  readonly state: RollupState;
}

/** As much of the queue as there is room for, then accounts that are to be opened. */
function firstRows(size: BatchSize, { state: before, queued: waiting, pending, directory }: Ingredients): Rows {
  const queued = waiting.slice(0, size.l1Operations);
  const l1Operations = [...directory.withIndexes(queued)];
  const state = new RollupState(before);
  const add = (operations: readonly L1Operation[]): void => {
    applyMovements(state, { token: 0, feeAccount: 0, l1Operations: operations, withdrawals: [], transfers: [] });
  };
  add(l1Operations);
  const [opened, rejected]: [PooledCreation[], Draft["rejected"][number][]] = [[], []];
  for (const pooled of pending.filter(isCreation)) {
    const { operation } = pooled.accepted;
    const holder = state.account(operation.index);
    if (holder === undefined) {
      if (l1Operations.length === size.l1Operations) continue;
      l1Operations.push(operation);
      add([operation]);
    } else if (holder.token !== operation.token || !sameOwner(holder, operation)) {
      rejected.push({ id: pooled.id, reason: taken(operation) });
      continue;
    }
    opened.push(pooled);
  }
  return { l1Operations, queued, opened, rejected, state };
}

const taken = ({ index }: Creation): Reason => {
  return { code: "ACCOUNT_EXISTS", message: `index ${index} holds another account by now` };
};

/** Why an operation cannot come next. */
function objection(projection: Projection, { accepted }: PooledSigned, timestamp: number): Reason | undefined {
  try {
    projection.require(accepted, timestamp);
    return undefined;
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    return { code: error.code, message: error.message };
  }
}

function select(
  { state, l1Operations }: Rows,
  size: BatchSize,
  waiting: readonly PooledSigned[],
  feeAccount: number | undefined,
): readonly PooledSigned[] {
  const candidates = waiting.map((pooled) => ({ ...pooled.accepted, pooled }));
  return selectOperations(state, size, candidates, feeAccount, l1Operations).map(({ pooled }) => pooled);
}
