import { sameOwner } from "../../protocol/account.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Steps } from "../../protocol/steps.ts";
import { partOf } from "../store/blobs.ts";
import { readNumbers, transferWords } from "../../protocol/words.ts";
import { blobWordsOf, type OwnBatch } from "../pool/batches.ts";
import { identityOf } from "../pool/carriers.ts";
import { creationId, type PooledSigned } from "../pool/operation.ts";
import type { Pool } from "../pool/pool.ts";
import type { Store, StoredBatch, StoredOperation } from "../store/store.ts";
import type { TimeRange } from "./l1-time.ts";
import { firstInvalid } from "./validity.ts";

/**
 * Brings the pool in line with what L1 says, as the store has it: operations that L1 took are verified, those that a
 * reorganisation took back or whose batch cannot come any more wait again. Own batches that can still come are kept as
 * they are. Nothing is rejected here. Repeating it changes nothing.
 *
 * A batch at a time, each in a transaction of its own: whatever moment it is broken off at, it goes on from there when it
 * is repeated. The store must not change meanwhile, and nothing may be taken in.
 *
 * @param time of L1's last blocks; `undefined` before any was seen
 */
export function* reconcileSteps(store: Store, pool: Pool, time: TimeRange | undefined): Steps<void> {
  const common = requireCommon(store, pool);
  yield* takeBack(pool, common + 1);
  yield* dropOvertaken(store, pool, common + 1);
  const last = store.lastBatch?.number ?? 0;
  for (let number = common + 1; number <= last; number++) {
    pool.transaction(() => settle(store, pool, number));
    yield;
  }
  yield* dropInvalid(store, pool, time);
  pool.transaction(() => forgetFinal(store, pool));
}

/** Drops the own batches from a number on, the newest first: their operations wait again. */
export function* dropBatches(pool: Pool, from: number): Steps<void> {
  for (const number of pool.batches.numbersFrom(from).toReversed()) {
    pool.transaction(() => {
      pool.batches.dropFrom(number);
      pool.operations.returnFrom(number);
    });
    yield;
  }
}

/** The last batch of L1's that was seen and that the store has; `undefined` if it does not even have the final one. */
export function lastCommon(store: Store, pool: Pool): number | undefined {
  return pool.seen.all().find(({ number, chain }) => number === 0 || store.batch(number)?.chain === chain)?.number;
}

/** Throws `RPC_BEHIND`. */
function requireCommon(store: Store, pool: Pool): number {
  const common = lastCommon(store, pool);
  if (common !== undefined) return common;
  const message = `batch ${pool.seen.final} was final; the store, at block ${store.cursor.number}, lacks it`;
  throw new SheafError("RPC_BEHIND", message);
}

/**
 * Batches that a reorganisation took back, the newest first: whoever sent them, L1 may take their transactions again. Own
 * batches that stand on them are kept for now, without their operations.
 */
function* takeBack(pool: Pool, from: number): Steps<void> {
  const seen = pool.seen.all();
  if (seen[0]!.number < from) return;
  for (const number of pool.batches.numbersFrom(seen[0]!.number + 1).toReversed()) {
    pool.transaction(() => pool.operations.returnFrom(number));
    yield;
  }
  for (const [i, { number, chain, timestamp, transaction }] of seen.entries()) {
    if (number < from) break;
    pool.transaction(() => {
      const operations = pool.operations.verifiedIn(number);
      const carrier = { identity: chain, number, timestamp, transaction, oldRoot: seen[i + 1]?.root, operations };
      if (operations.length > 0) pool.carriers.add(carrier);
      pool.operations.returnFrom(number);
      pool.seen.dropFrom(number);
    });
    yield;
  }
}

/** Gives every operation that a batch on L1 decides its status. */
function settle(store: Store, pool: Pool, number: number): void {
  const batch = store.batch(number)!;
  if (!pool.operations.isEmpty) {
    const held = heldBy(store, pool, batch);
    for (const row of store.history.of(number)) {
      if (row.nonce === undefined) settleOpening(store, pool, row);
      else settleSigned(pool, row, row.nonce, held);
    }
  }
  pool.seen.add(batch);
}

/** Ids of the operations in a batch on L1, as far as it was made here, or was on L1 before. */
function heldBy(store: Store, pool: Pool, batch: StoredBatch): ReadonlySet<string> {
  const { number, chain } = batch;
  const own = pool.batches.find(number);
  const identities = [identityOnL1(store, batch), chain];
  const carriers = pool.carriers.all().filter(({ identity }) => identities.includes(identity));
  const isIt = own !== undefined && isSame(store, own, batch);
  return new Set([...(isIt ? own.operations : []), ...carriers.flatMap(({ operations }) => operations)]);
}

const identityOnL1 = (store: Store, { words, blob }: StoredBatch): string => {
  if (blob === undefined) return identityOf(words, []);
  const { transfers } = readNumbers(words);
  return identityOf(words, partOf(store.blobs.get(blob.versionedHash) ?? [], blob.start, transferWords(transfers)));
};

const isSame = (store: Store, own: OwnBatch, batch: StoredBatch): boolean =>
  identityOf(own.words, blobWordsOf(own)) === identityOnL1(store, batch);

/**
 * A row is one operation. Where several fit that say the same but for their expiry, which is not published, it is the one
 * that the batch is known to hold; else one that nobody was told to be rejected; else the first.
 */
function settleSigned(pool: Pool, row: StoredOperation, nonce: number, held: ReadonlySet<string>): void {
  const { sender, batch } = row;
  const fitting = pool.operations.signedWith(sender, nonce).filter((pooled) => isRow(pooled, row));
  const done =
    fitting.find(({ id }) => held.has(id)) ?? fitting.find(({ status }) => status !== "rejected") ?? fitting[0];
  if (done !== undefined) pool.operations.verified(done.id, batch);
}

/** An account that a row opened, whatever its kind, may be one that the pool was asked to open. */
function settleOpening(store: Store, pool: Pool, { kind, recipient, token, batch }: StoredOperation): void {
  if (kind === "forcedWithdrawal") return;
  const pooled = pool.operations.find(creationId(recipient));
  // A later deposit into it is not an opening.
  if (pooled === undefined || pooled.accepted.kind !== "creation" || pooled.status === "verified") return;
  const wanted = pooled.accepted.operation;
  if (token === wanted.token && sameOwner(store.stored(batch).account(recipient)!, wanted)) {
    pool.operations.verified(pooled.id, batch);
  }
}

/** Whether a row of a batch is this operation: all that is published of it. */
function isRow({ accepted: { kind, operation } }: PooledSigned, row: StoredOperation): boolean {
  const { token, amount, fee } = operation;
  const recipient = kind === "transfer" ? operation.to : 0;
  const wanted = [kind, recipient, token, amount, fee].join("/");
  return wanted === [row.kind, row.recipient, row.token, row.amount, row.fee].join("/");
}

/**
 * L1 has another batch of the number of an own one, from some on: that one cannot come any more, nor can those after it.
 */
function* dropOvertaken(store: Store, pool: Pool, since: number): Steps<void> {
  const overtaken = pool.batches.from(since).find((own) => {
    const taken = store.batch(own.number);
    return taken !== undefined && !isSame(store, own, taken);
  });
  if (overtaken !== undefined) yield* dropBatches(pool, overtaken.number);
}

/** Of the batches that are under way, those that cannot come any more; the others' operations are in them (again). */
function* dropInvalid(store: Store, pool: Pool, time: TimeRange | undefined): Steps<void> {
  const under = pool.batches.from((store.lastBatch?.number ?? 0) + 1);
  const invalid = firstInvalid(store, under, time);
  const valid = invalid === undefined ? under : under.slice(0, under.indexOf(invalid));
  const end = (valid.at(-1)?.number ?? store.lastBatch?.number ?? 0) + 1;
  yield* dropBatches(pool, end);
  pool.transaction(() => pool.operations.returnFrom(end));
  for (const { number } of valid) {
    yield;
    pool.transaction(() => {
      // Its proof may have come, or been refused, since.
      const { operations, proof } = pool.batches.find(number)!;
      const returned = operations.filter((id) => pool.operations.find(id)!.status === "pending");
      pool.operations.batched(returned, number);
      if (proof !== undefined) pool.operations.proven(number);
    });
  }
}

function forgetFinal(store: Store, pool: Pool): void {
  const final = store.batchAt(store.final)?.number ?? 0;
  pool.seen.forgetBefore(final);
  pool.batches.forgetBefore(final + 1);
  pool.journal.forgetBefore(final + 1);
  pool.parcels.forgetBefore(final + 1);
  pool.carriers.forgetBefore(final + 1);
}
