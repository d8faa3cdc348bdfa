import { sameOwner } from "../../protocol/account.ts";
import { SheafError } from "../../protocol/errors.ts";
import { creationId, type PooledSigned } from "../pool/operation.ts";
import type { Pool } from "../pool/pool.ts";
import type { Store, StoredOperation } from "../store/store.ts";
import { firstInvalid } from "./validity.ts";

/**
 * Brings the pool in line with what L1 says, as the store has it: operations that L1 took are verified, those that a
 * reorganisation took back or whose batch cannot come any more wait again, those that can never be done are rejected.
 * Own batches that can still come are kept as they are. Repeating it changes nothing.
 *
 * @param time of L1's newest block, in seconds
 */
export function reconcile(store: Store, pool: Pool, time: number): void {
  pool.transaction(() => {
    const common = lastCommon(store, pool);
    if (pool.seen.last.number > common) {
      pool.operations.returnFrom(common + 1);
      pool.seen.dropFrom(common + 1);
    }
    dropOvertaken(store, pool, common + 1);
    const last = store.lastBatch?.number ?? 0;
    for (let number = common + 1; number <= last; number++) settle(store, pool, number);
    dropInvalid(store, pool, time);
    forgetFinal(store, pool);
  });
}

/** The last batch of L1's that was seen and is still there. Throws `RPC_BEHIND` if not even the final one is. */
function lastCommon(store: Store, pool: Pool): number {
  const seen = pool.seen.all();
  const common = seen.find(({ number, chain }) => number === 0 || store.batch(number)?.chain === chain);
  if (common !== undefined) return common.number;
  const message = `batch ${seen.at(-1)!.number} was final; the store, at block ${store.cursor.number}, lacks it`;
  throw new SheafError("RPC_BEHIND", message);
}

/** Gives every operation that a batch on L1 decides its status. */
function settle(store: Store, pool: Pool, number: number): void {
  if (!pool.operations.isEmpty) {
    for (const row of store.history.of(number)) {
      if (row.nonce === undefined) settleOpening(store, pool, row);
      else settleSigned(pool, row, row.nonce);
    }
  }
  pool.seen.add(store.batch(number)!);
}

function settleSigned(pool: Pool, row: StoredOperation, nonce: number): void {
  const { sender, batch } = row;
  for (const pooled of pool.operations.signedWith(sender, nonce)) {
    if (isRow(pooled, row)) pool.operations.verified(pooled.id, batch);
    else {
      const message = `batch ${batch} on L1 has another operation of account ${sender} with nonce ${nonce}`;
      pool.operations.reject(pooled.id, { code: "NONCE_WRONG", message });
    }
  }
}

/** An account that a row opened, whatever its kind, may be one that the pool was asked to open. */
function settleOpening(store: Store, pool: Pool, { kind, recipient, token, batch }: StoredOperation): void {
  if (kind === "forcedWithdrawal") return;
  const pooled = pool.operations.find(creationId(recipient));
  if (pooled === undefined || pooled.accepted.kind !== "creation" || pooled.status === "rejected") return;
  const wanted = pooled.accepted.operation;
  if (token === wanted.token && sameOwner(store.stored(batch).account(recipient)!, wanted)) {
    // A later deposit into it is no opening.
    if (pooled.status !== "verified") pool.operations.verified(pooled.id, batch);
  } else {
    const message = `batch ${batch} on L1 opened another account at index ${recipient}`;
    pool.operations.reject(pooled.id, { code: "ACCOUNT_EXISTS", message });
  }
}

/** Whether a row of a batch is this operation: all that is published of it. */
function isRow({ accepted: { kind, operation } }: PooledSigned, row: StoredOperation): boolean {
  const { token, amount, fee } = operation;
  const recipient = kind === "transfer" ? operation.to : 0;
  const wanted = [kind, recipient, token, amount, fee].join("/");
  return wanted === [row.kind, row.recipient, row.token, row.amount, row.fee].join("/");
}

/** L1 has another batch of the number of an own one, from some on: that one cannot come any more, nor can those after it. */
function dropOvertaken(store: Store, pool: Pool, since: number): void {
  const overtaken = pool.batches.from(since).find(({ number, words }) => {
    const taken = store.batch(number);
    return taken !== undefined && Buffer.compare(taken.words, words) !== 0;
  });
  if (overtaken === undefined) return;
  pool.batches.dropFrom(overtaken.number);
  pool.operations.returnFrom(overtaken.number);
}

/** Of the batches that are under way, those that cannot come any more; the others' operations are in them (again). */
function dropInvalid(store: Store, pool: Pool, time: number): void {
  const under = pool.batches.from((store.lastBatch?.number ?? 0) + 1);
  const invalid = firstInvalid(store, under, time);
  const valid = invalid === undefined ? under : under.slice(0, under.indexOf(invalid));
  const end = (valid.at(-1)?.number ?? store.lastBatch?.number ?? 0) + 1;
  pool.batches.dropFrom(end);
  pool.operations.returnFrom(end);
  for (const { number, operations, proof } of valid) {
    const returned = operations.filter((id) => pool.operations.find(id)!.status === "pending");
    pool.operations.batched(returned, number);
    if (proof !== undefined) pool.operations.proven(number);
  }
}

function forgetFinal(store: Store, pool: Pool): void {
  const final = store.batchAt(store.final)?.number ?? 0;
  pool.seen.forgetBefore(final);
  pool.batches.forgetBefore(final + 1);
  pool.journal.forgetBefore(final + 1);
}
