import { errorText } from "../lib/error-text.ts";
import type { BatchSize } from "./constants.ts";
import { decodeWords } from "./decode.ts";
import { SheafError } from "./errors.ts";
import type { RollupState } from "./state.ts";
import { finish, type Steps } from "./steps.ts";
import { movementSteps, type Transition } from "./transition.ts";
import type { PublishedBatch } from "./words.ts";

/**
 * Advances `state` by a batch of which only the published words are known: so a node follows a rollup that has nothing
 * but L1. Whatever contract and circuit accept is accepted; docs/protocol.md argues this rule by rule.
 *
 * What L1 has checked is not checked again: signatures and expiry (by the proof), domain, batch number, timestamp and
 * the queue (by the contract). So the words must come from a batch that L1 took.
 *
 * Throws `WORDS_MALFORMED` or `ROOT_MISMATCH`; the state then stays as it was.
 *
 * @param blobWords as `decodeWords` takes them
 * @returns the batch, for indexing.
 */
export function replayBatch(
  state: RollupState,
  size: BatchSize,
  words: Uint8Array,
  blobWords?: readonly bigint[],
): PublishedBatch {
  return finish(replaySteps(state, size, words, blobWords));
}

/** As `replayBatch`, an account at a time. */
export function* replaySteps(
  state: RollupState,
  size: BatchSize,
  words: Uint8Array,
  blobWords?: readonly bigint[],
): Steps<PublishedBatch> {
  const published = decodeWords(size, words, blobWords);
  requireSame("the root before the batch", state.root, published.oldRoot);
  const next = state.fork();
  requireConsequences(yield* transitionSteps(next, published), published);
  yield* next.settleSteps();
  requireSame("the root after the batch", next.root, published.newRoot);
  next.commit();
  return published;
}

function* transitionSteps(state: RollupState, published: PublishedBatch): Steps<Transition> {
  try {
    return yield* movementSteps(state, published);
  } catch (cause) {
    const reason = errorText(cause);
    throw new SheafError("ROOT_MISMATCH", `the published batch cannot follow this state: ${reason}`, { cause });
  }
}

/** What is published although it follows from the state. L1 pays by it, so the roots alone do not say that it is right. */
function requireConsequences({ l1Operations, withdrawals }: Transition, published: PublishedBatch): void {
  l1Operations.forEach(({ operation }, row) => {
    const claimed = published.l1Operations[row]!;
    if (operation.kind !== "forcedWithdrawal" || claimed.kind !== "forcedWithdrawal") return;
    requireSame(`the amount of l1Operations[${row}]`, operation.amount, claimed.amount);
  });
  withdrawals.forEach(({ l1Address }, row) => {
    requireSame(`the L1 address of withdrawals[${row}]`, l1Address, published.withdrawals[row]!.l1Address);
  });
}

function requireSame(what: string, ours: bigint, published: bigint): void {
  if (ours === published) return;
  throw new SheafError("ROOT_MISMATCH", `${what} is ${ours} by the state and ${published} by the published words`);
}
