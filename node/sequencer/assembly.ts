import { batchSteps, type Batch } from "../../protocol/batch.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import { RollupState } from "../../protocol/state.ts";
import type { Steps } from "../../protocol/steps.ts";
import type { Clock } from "../clock.ts";
import type { OwnBatch } from "../pool/batches.ts";
import type { Draft } from "./draft.ts";
import type { Changes, LayeredState } from "./layered-state.ts";
import { byKind } from "./selection.ts";
import type { Tip } from "./unconfirmed-state.ts";

export interface Assembled {
  readonly own: OwnBatch;
  /** To be proven. */
  readonly batch: Batch;
  readonly changes: Changes;
}

/** Where and when a batch is made. */
interface Circumstances {
  readonly domain: bigint;
  /** Its own, in seconds. */
  readonly timestamp: number;
  /** L1 address: whom the proof is made for. */
  readonly beneficiary: bigint;
  /** Whether its transfers go into a blob. */
  readonly inBlob: boolean;
  readonly tip: Tip;
  readonly clock: Clock;
}

/** Makes the batch of a draft, which must take something. Signatures were verified when its operations were taken in. */
export function* assemblySteps(
  draft: Draft,
  { state, sizes }: { readonly state: LayeredState; readonly sizes: readonly BatchSize[] },
  { domain, timestamp, beneficiary, inBlob, tip, clock }: Circumstances,
): Steps<Assembled> {
  const { size, token, feeAccount, l1Operations, queued, signed, opened } = draft;
  const request: BatchRequest = {
    domain,
    batchNumber: tip.number + 1,
    timestamp,
    beneficiary,
    ...(inBlob && { inBlob }),
    token,
    feeAccount,
    l1Operations,
    ...byKind(signed.map(({ accepted }) => accepted)),
  };
  const next = new RollupState(state);
  const batch = yield* batchSteps(next, size, request, { areVerified: true });
  const own: OwnBatch = {
    number: request.batchNumber,
    size: sizes.indexOf(size),
    request,
    oldRoot: batch.published.oldRoot,
    root: batch.published.newRoot,
    words: batch.words,
    c: batch.publicSignals.c,
    refundAddresses: queued.map(({ refundAddress }) => refundAddress),
    queueEnd: tip.queueEnd + queued.length,
    operations: [...opened, ...signed].map(({ id }) => id),
    madeAt: clock.now(),
  };
  return { own, batch, changes: next.changes };
}
