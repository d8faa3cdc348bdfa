import type { Query } from "../../api/routes.ts";
import type { Transaction } from "../../api/schemas.ts";
import { sameOwner } from "../../protocol/account.ts";
import { SheafError } from "../../protocol/errors.ts";
import { addressToHex } from "../../protocol/json-fields.ts";
import type { Term } from "../../protocol/operations.ts";
import type { PooledOperation, Status } from "../pool/operation.ts";
import type { QueuedOperation, StoredOperation } from "../store/store.ts";
import { comingIndexes } from "./accounts.ts";
import { pageOf, type Page, type Source } from "./paging.ts";
import type { ReadNode } from "./served-node.ts";

type Wish = Pick<Query<"transactions">, "batch" | "token" | "status"> & {
  /** Of those who take part. */
  readonly accounts: readonly number[] | undefined;
  readonly isWaiting: (queued: QueuedOperation) => boolean;
};

/** Transactions as the API shows them: what the node was given, what waits in L1's queue, and what L1 took. */
export class Transactions {
  readonly #node: ReadNode;

  constructor(node: ReadNode) {
    this.#node = node;
  }

  /** Throws `TRANSACTION_UNKNOWN`. */
  find(id: string): Transaction {
    const found = this.#find(id);
    if (found === undefined) throw new SheafError("TRANSACTION_UNKNOWN", `there is no transaction ${id}`);
    return found;
  }

  /** What is under way, then what L1 took; the newest first. What was rejected is listed only by its status. */
  page({ limit, before, account, l1Address, ...wish }: Query<"transactions">): Page<Transaction> {
    const holder = l1Address === undefined ? undefined : BigInt(l1Address);
    const held = holder === undefined ? undefined : accountsHeldBy(this.#node, holder);
    const accounts = account === undefined ? held : [account].filter((index) => held?.includes(index) ?? true);
    const isWaiting = (queued: QueuedOperation): boolean =>
      (account === undefined || this.#isOf(account, queued)) &&
      (holder === undefined || queued.operation.l1Address === holder);
    return pageOf(this.#sources({ ...wish, accounts, isWaiting }), before, limit);
  }

  #isOf(account: number, { operation }: QueuedOperation): boolean {
    if (operation.kind === "forcedWithdrawal") return operation.index === account;
    const holder = this.#node.projected(account);
    return holder !== undefined && holder.token === operation.token && sameOwner(holder, operation);
  }

  ofPool(pooled: PooledOperation): Transaction {
    const { id, accepted, status, reason, batch, submittedAt } = pooled;
    const row = status === "verified" ? this.#rowOf(pooled) : undefined;
    const held = status === "pending" ? this.#node.held(pooled) : undefined;
    const early = status === "pending" ? this.#node.early.get(id) : undefined;
    const batchBy = status === "pending" && held === undefined ? this.#node.batchBy(pooled) : undefined;
    const view = row === undefined ? fieldsOf(accepted) : this.#ofRow(row);
    return {
      ...view,
      ...(accepted.kind !== "creation" && termIn(accepted.operation)),
      ...{ id, status, submittedAt },
      ...(batchBy !== undefined && { batchBy }),
      ...(early !== undefined && { waitsUntil: early.due }),
      ...(early?.behind !== undefined && { waitsBehind: early.behind }),
      ...(held !== undefined && { held }),
      ...(reason !== undefined && (status === "verified" ? { rejectedBefore: reason } : { reason })),
      ...(batch !== undefined && { batch }),
    };
  }

  #find(id: string): Transaction | undefined {
    const { store, pool } = this.#node;
    const pooled = pool.operations.find(id);
    if (pooled !== undefined) return this.ofPool(pooled);
    const [kind, ...numbers] = id.split("-");
    const [first = NaN, second = NaN] = numbers.map(Number);
    if (kind === "signed") return this.#fromL1(store.history.signed(first, second));
    if (kind === "creation") return this.#fromL1(store.history.created(first));
    if (kind !== "queue") return undefined;
    const waiting = store.queued(first);
    return this.#fromL1(store.history.queued(first)) ?? (waiting && this.#ofQueue(waiting));
  }

  #sources({ status, ...wish }: Wish): readonly Source<Transaction>[] {
    const isWanted = (...statuses: Status[]): boolean => status === undefined || statuses.includes(status);
    const inPool: readonly Status[] = status === undefined ? ["pending", "batched", "proven"] : [status];
    return [
      ...(isWanted("pending", "batched", "proven", "rejected") ? [this.#poolSource(wish, inPool)] : []),
      ...(isWanted("pending") && wish.batch === undefined ? [this.#queueSource(wish)] : []),
      ...(isWanted("verified") ? [this.#l1Source(wish)] : []),
    ];
  }

  #poolSource(wish: Wish, status: readonly Status[]): Source<Transaction> {
    return {
      name: "p",
      list: (beyond, limit) =>
        this.#node.pool.operations
          .list({ ...defined(wish), status, limit, ...(beyond !== undefined && { before: Number(beyond) }) })
          .map((pooled) => ({ item: this.ofPool(pooled), position: `${pooled.sequence}` })),
    };
  }

  #queueSource({ isWaiting, token }: Wish): Source<Transaction> {
    return {
      name: "q",
      list: (beyond = "Infinity", limit) =>
        this.#node.store
          .waiting()
          .filter(isWaiting)
          .filter(({ place, operation }) => place < Number(beyond) && (token ?? operation.token) === operation.token)
          .reverse()
          .slice(0, limit)
          .map((queued) => ({ item: this.#ofQueue(queued), position: `${queued.place}` })),
    };
  }

  #l1Source(wish: Wish): Source<Transaction> {
    return {
      name: "v",
      list: (beyond, limit) => {
        const [batch = 0, row = 0] = beyond?.split(".").map(Number) ?? [];
        const before = beyond === undefined ? {} : { before: { batch, row } };
        return this.#node.store.history
          .list({ ...defined(wish), ...before, limit })
          .map((stored) => ({ item: this.#fromL1(stored)!, position: `${stored.batch}.${stored.row}` }));
      },
    };
  }

  /** With what the node remembers of it, if it was given it. */
  #fromL1(row: StoredOperation | undefined): Transaction | undefined {
    if (row === undefined) return undefined;
    const { kind, sender, recipient, nonce, batch } = row;
    const { operations } = this.#node.pool;
    const pooled = kind === "creation" ? operations.find(`creation-${recipient}`) : undefined;
    const known = nonce === undefined ? [pooled] : operations.signedWith(sender, nonce);
    const own = known.find((pooled) => pooled?.status === "verified" && pooled.batch === batch);
    return own === undefined ? this.#ofRow(row) : this.ofPool(own);
  }

  #rowOf({ accepted }: PooledOperation): StoredOperation | undefined {
    const { history } = this.#node.store;
    if (accepted.kind === "creation") return history.created(accepted.operation.index);
    return history.signed(accepted.operation.from, accepted.operation.nonce);
  }

  #ofRow(stored: StoredOperation): Transaction {
    const { kind, sender, recipient, token, amount, fee, nonce, place, batch, row } = stored;
    const { store } = this.#node;
    const { transaction, timestamp } = store.batch(batch)!;
    const holder = kind === "transfer" ? undefined : store.stored().account(sender || recipient);
    return {
      ...{ id: idOf(stored), kind, status: "verified", token, amount, fee, batch, row, timestamp },
      l1Transaction: transaction,
      ...this.#queuedBy(place),
      ...(sender !== 0 && { from: sender }),
      ...(recipient !== 0 && { to: recipient }),
      ...(holder !== undefined && { l1Address: addressToHex(holder.l1Address) }),
      ...(holder !== undefined && sender === 0 && { pubKeyY: holder.pubKeyY }),
      ...(nonce !== undefined && place === undefined && { nonce }),
    };
  }

  #ofQueue({ place, operation, deadline }: QueuedOperation): Transaction {
    const { kind, index, token, l1Address } = operation;
    return {
      ...{ id: `queue-${place}`, kind, status: "pending", token, l1Address: addressToHex(l1Address), fee: 0n },
      amount: operation.kind === "deposit" ? operation.amount : 0n,
      batchBy: deadline * 1000,
      ...(operation.kind === "deposit" ? { pubKeyY: operation.pubKeyY } : { from: index }),
      ...this.#queuedBy(place),
    };
  }

  #queuedBy(place: number | undefined): Pick<Transaction, "queuedBy"> {
    const { events } = this.#node.store;
    const kinds = place === undefined ? [] : (["deposit", "forcedWithdrawal"] as const);
    const queuedBy = kinds.map((kind) => events.transactionOf(kind, place!)).find((hash) => hash !== undefined);
    return queuedBy === undefined ? {} : { queuedBy };
  }
}

/** Indexes of the accounts that name an L1 address: those on L1, and those that are on their way there. */
function accountsHeldBy(node: ReadNode, l1Address: bigint): readonly number[] {
  const coming = comingIndexes(node).filter((index) => node.projected(index)?.l1Address === l1Address);
  return [...node.store.stored().accountsOf(l1Address).keys(), ...coming];
}

function idOf({ place, kind, sender, recipient, nonce }: StoredOperation): string {
  if (place !== undefined) return `queue-${place}`;
  return kind === "creation" ? `creation-${recipient}` : `signed-${sender}-${nonce}`;
}

function fieldsOf({ kind, operation }: PooledOperation["accepted"]): Omit<Transaction, "id" | "status"> {
  if (kind === "creation") {
    const { index, token, l1Address, pubKeyY } = operation;
    return { kind, to: index, token, l1Address: addressToHex(l1Address), pubKeyY, amount: 0n, fee: 0n };
  }
  const { from, token, amount, fee, nonce } = operation;
  return { kind, from, ...(kind === "transfer" && { to: operation.to }), token, amount, fee, nonce };
}

const termIn = ({ validUntil, validFrom }: Term): Pick<Transaction, "validUntil" | "validFrom"> =>
  validFrom === undefined ? { validUntil } : { validFrom };

/** Without the fields that are not set. */
function defined({ accounts, token, batch }: Wish): { accounts?: readonly number[]; token?: number; batch?: number } {
  return {
    ...(accounts !== undefined && { accounts }),
    ...(token !== undefined && { token }),
    ...(batch !== undefined && { batch }),
  };
}
