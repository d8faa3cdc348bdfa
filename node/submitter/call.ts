import { dataLength } from "ethers";
import { readNumbers } from "../../protocol/words.ts";
import { ROLLUP } from "../../l1/contract.ts";
import type { GasSchedule } from "../../l1/gas-schedule.ts";
import type { ProvenBatch } from "./submission.ts";

export function calldataOf({ size, proof, c, words, refundAddresses, beneficiary }: ProvenBatch): string {
  return ROLLUP.encodeFunctionData("submitBatch", [size, proof, c, words, refundAddresses, beneficiary]);
}

/** Header, verifier and storage: 307,000 were measured at most, in a rollup's first batch by Glamsterdam's rules. */
const BATCH_GAS = 500_000;
/** An operation or a withdrawal, besides the slot of a credit that it opens: 2,600 were measured. */
const ROW_GAS = 13_000;

/** A batch's own time: Unix time in seconds. */
export const timestampOf = (batch: Pick<ProvenBatch, "words">): number => readNumbers(batch.words).timestamp;

/**
 * Gas that suffices for a batch's transaction by a chain's rules, even if each of its rows opens a new credit: somebody
 * can empty one while the transaction waits. Unused gas costs nothing; and a node's own estimate is not to be
 * had before the batches ahead of it are mined.
 */
export function enoughGas(
  batch: Pick<ProvenBatch, "words">,
  calldata: string,
  { floorByte, newSlot }: GasSchedule,
): number {
  const { l1Operations, withdrawals } = readNumbers(batch.words);
  const rows = l1Operations + withdrawals;
  return BATCH_GAS + floorByte.nonZero * dataLength(calldata) + (ROW_GAS + newSlot) * rows;
}
