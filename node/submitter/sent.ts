import { Transaction } from "ethers";
import { submissionsIn, type Submission } from "../follow/submissions.ts";
import type { ProvenBatch } from "./submission.ts";

/** A transaction with the first of a delivery's batches. */
export interface Sent {
  readonly transaction: Transaction;
  /** How many batches it brings. */
  readonly count: number;
  /** How many of the delivery's it brings, from the first one on. */
  readonly ours: number;
}

/** Reads a signed transaction as far as it is a delivery's. It takes milliseconds to find out who signed it. */
export function sentWith(raw: string, batches: readonly ProvenBatch[]): Sent {
  const transaction = Transaction.from(raw);
  const brought = broughtBy(transaction.data);
  const from = brought.findIndex((submission) => isSameBatch(submission, batches[0]!));
  const ours = batches.findIndex((batch, i) => from < 0 || !isSameBatch(brought[from + i], batch));
  return { transaction, count: brought.length, ours: ours < 0 ? batches.length : ours };
}

/** The batches of a call; none, if it is no call that brings any. */
function broughtBy(calldata: string): readonly Submission[] {
  try {
    return submissionsIn(calldata);
  } catch {
    return [];
  }
}

/** Whatever proof comes with it: what L1 takes is the same. */
const isSameBatch = (submission: Submission | undefined, { size, c, words }: ProvenBatch): boolean =>
  submission?.size === size && submission.c === c && Buffer.compare(submission.words, words) === 0;
