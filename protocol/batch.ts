import { evaluateBlob } from "./blob.ts";
import { challengeOf, digestOf, evaluateWords } from "./challenge.ts";
import { commitmentSteps } from "./commitment.ts";
import type { BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import type { BatchRequest } from "./request.ts";
import { segmentSteps } from "./segments.ts";
import type { RollupState } from "./state.ts";
import { finish, type Steps } from "./steps.ts";
import { movementSteps, totalFees, updatesOf, type Movements } from "./transition.ts";
import { authorisationSteps, requireWellFormed } from "./validation.ts";
import { circuitInputOf, inputAt, type CircuitInput } from "./witness.ts";
import { encodeWords, transferWordsOf, wordsOf, type PublishedBatch } from "./words.ts";

/** What a batch's proof shows: the commitment, value and point of the words, and the point of a blob, which is 0 without one. */
export interface PublicSignals {
  readonly c: bigint;
  readonly y: bigint;
  readonly alpha: bigint;
  readonly z: bigint;
}

/** As the verifier takes them, in its order. */
export const signalsOf = ({ c, y, alpha, z }: PublicSignals): string[] => [c, y, alpha, z].map(String);

/** A batch that is ready to be proven and published. */
export interface Batch {
  readonly size: BatchSize;
  readonly published: PublishedBatch;
  /** The words that are published in calldata, as `submitBatch` takes them. */
  readonly words: Uint8Array;
  /** Whom the proof is good for, as `submitBatch` takes it. */
  readonly beneficiary: bigint;
  readonly publicSignals: PublicSignals;
  readonly input: CircuitInput;
  /** How many account slots are taken: one for each withdrawal and each other account that is touched. */
  readonly accountsTouched: number;
}

/**
 * Checks a batch's operations, advances `state` by them and makes the circuit's input. On an error, which names the
 * operation or its account and the reason, the state stays as it was. A batch whose transfers go into a blob is ready to be
 * proven only once it is placed: see `placedAt`.
 */
export function buildBatch(state: RollupState, size: BatchSize, request: BatchRequest): Batch {
  return finish(batchSteps(state, size, request));
}

export interface BatchKnowledge {
  /** Whether every signature was verified before, as a node does when it takes an operation in. */
  readonly areVerified?: boolean;
}

/** As `buildBatch`, in steps of about a millisecond. The state, and what it stands on, must not change meanwhile. */
export function* batchSteps(
  state: RollupState,
  size: BatchSize,
  request: BatchRequest,
  { areVerified = false }: BatchKnowledge = {},
): Steps<Batch> {
  requireCapacity("L1 operations", request.l1Operations.length, size.l1Operations);
  requireCapacity("withdrawals", request.withdrawals.length, size.withdrawals);
  requireCapacity("transfers", request.transfers.length, size.transfers);
  requireWellFormed(request);

  const next = state.fork();
  const movements = normalised(request);
  const transition = yield* movementSteps(next, movements);
  requireCapacity("touched accounts", transition.slots.length, size.accounts);
  yield* next.settleSteps();
  const updates = updatesOf(size, transition);
  const segmentation = yield* segmentSteps(size, state.treeFork(), next.treeFork(), updates);
  yield* authorisationSteps(request, transition, areVerified);

  const published: PublishedBatch = {
    ...movements,
    ...(request.inBlob === true && { inBlob: true }),
    l1Operations: transition.l1Operations.map(({ operation }) => operation),
    withdrawals: transition.withdrawals,
    transfers: request.transfers.map(({ from, to, amount, fee }) => ({ from, to, amount, fee })),
    domain: request.domain,
    oldRoot: state.root,
    newRoot: next.root,
    batchNumber: request.batchNumber,
    timestamp: request.timestamp,
  };
  const words = encodeWords(size, published);
  const c = yield* commitmentSteps(size, published, request, segmentation);
  yield;
  const signals = signalsAt({ size, published, words, beneficiary: request.beneficiary }, c, 0n);
  yield;
  const input = circuitInputOf(size, request, published, transition, segmentation, signals);
  next.commit();
  return {
    ...{ size, published, words, beneficiary: request.beneficiary, publicSignals: signals, input },
    accountsTouched: transition.slots.length,
  };
}

/**
 * A batch whose transfers are in a blob, ready to be proven.
 *
 * @param z where the blob's polynomial is evaluated: `blobPointOf` of all batches in the blob
 */
export function placedAt(batch: Batch, z: bigint): Batch {
  const publicSignals = signalsAt(batch, batch.publicSignals.c, z);
  const { alpha } = publicSignals;
  return { ...batch, publicSignals, input: { ...batch.input, alpha, ...inputAt(batch.size, batch.published, z) } };
}

function signalsAt(
  { size, published, words, beneficiary }: Pick<Batch, "size" | "published" | "words" | "beneficiary">,
  c: bigint,
  z: bigint,
): PublicSignals {
  const digest = digestOf(c, beneficiary, words);
  const value = published.inBlob === true ? evaluateBlob(transferWordsOf(published), z) : 0n;
  const alpha = challengeOf(digest, published.inBlob === true ? { z, value } : undefined);
  return { c, y: evaluateWords(wordsOf(size, published, value), alpha), alpha, z };
}

/** A batch that moves no token names none, and one without fees names no fee account. */
function normalised({ token, feeAccount, l1Operations, withdrawals, transfers }: BatchRequest): Movements {
  return {
    token: withdrawals.length + transfers.length > 0 ? token : 0,
    feeAccount: totalFees({ withdrawals, transfers }) > 0n ? feeAccount : 0,
    l1Operations,
    withdrawals,
    transfers,
  };
}

function requireCapacity(what: string, count: number, capacity: number): void {
  if (count > capacity)
    throw new SheafError("BATCH_FULL", `${count} ${what} do not fit a batch with room for ${capacity}`);
}
