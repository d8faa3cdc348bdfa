import { dataLength } from "ethers";
import { readNumbers } from "../../protocol/words.ts";
import { ROLLUP } from "../../l1/contract.ts";
import { MOST_GAS } from "../../l1/gas-limit.ts";
import { GLAMSTERDAM, type GasSchedule } from "../../l1/gas-schedule.ts";
import { packOpening, type BlobOpening } from "../../l1/blob-opening.ts";
import { packBatches } from "../../l1/packed-batches.ts";
import type { ProvenBatch } from "./submission.ts";

/** What is known of a batch before it is proven. */
type Unproven = Pick<ProvenBatch, "words" | "refundAddresses">;

/**
 * Of the call that brings batches in a row to L1: one is cheaper by itself, with its own verifier.
 *
 * @param opening of the blob that their transfers are in, if they are in one
 */
export function calldataOf(batches: readonly ProvenBatch[], opening?: BlobOpening): string {
  if (opening !== undefined) {
    return ROLLUP.encodeFunctionData("submitBatchesInBlob", [packBatches(batches), packOpening(opening)]);
  }
  const [{ size, proof, c, words, refundAddresses, beneficiary }, ...others] = batches as [ProvenBatch];
  if (others.length > 0) return ROLLUP.encodeFunctionData("submitBatches", [packBatches(batches)]);
  return ROLLUP.encodeFunctionData("submitBatch", [size, proof, c, words, refundAddresses, beneficiary]);
}

/** Header, verifier and storage: 307,000 were measured at most, in a rollup's first batch by Glamsterdam's rules. */
const BATCH_GAS = 500_000;
/** The same of each further one in the same call, which has no storage of its own: 69,000 were measured, calldata included. */
const FURTHER_GAS = 120_000;
/** What a blob's opening takes besides: the precompile of EIP-4844 alone takes 50,000. */
const OPENING_GAS = 150_000;
/** An operation or a withdrawal, besides the slot of a credit that it opens: 2,600 were measured. */
const ROW_GAS = 13_000;

/** What a packed batch has besides words and refund addresses. */
const PACKED_BYTES = 320;
/** Geth takes no transaction of more than 128 KiB. */
const MOST_BYTES = 128 * 1024 - 2_000;

/** A batch's own time: Unix time in seconds. */
export const timestampOf = (batch: Pick<ProvenBatch, "words">): number => readNumbers(batch.words).timestamp;

/**
 * Gas that suffices for a transaction with these batches by a chain's rules, even if each of their rows opens a new credit:
 * somebody can empty one while the transaction waits. Unused gas costs nothing; and a node's own estimate is not to be
 * had before the batches ahead of it are mined.
 */
export const enoughGas = (
  batches: readonly Pick<ProvenBatch, "words">[],
  calldata: string,
  rules: GasSchedule,
): number => gasOf(batches, dataLength(calldata), rules);

function gasOf(
  batches: readonly Pick<ProvenBatch, "words">[],
  bytes: number,
  { floorByte, newSlot }: GasSchedule,
): number {
  const numbers = batches.map(({ words }) => readNumbers(words));
  const rows = numbers.reduce((sum, { l1Operations, withdrawals }) => sum + l1Operations + withdrawals, 0);
  const opening = numbers.some(({ blob }) => blob === 1) ? OPENING_GAS : 0;
  const further = FURTHER_GAS * (batches.length - 1);
  return BATCH_GAS + further + opening + floorByte.nonZero * bytes + (ROW_GAS + newSlot) * rows;
}

/** How many of these batches, from the first one on, one transaction has room for by the rules of any fork: one, or more. */
export function roomForBatches(batches: readonly Unproven[]): number {
  let bytes = 0;
  for (const [i, { words, refundAddresses }] of batches.entries()) {
    bytes += PACKED_BYTES + words.length + 20 * refundAddresses.length;
    const gas = gasOf(batches.slice(0, i + 1), bytes, GLAMSTERDAM);
    if (i > 0 && (gas > MOST_GAS || bytes > MOST_BYTES)) return i;
  }
  return batches.length;
}
