import { bytesToNumberBE } from "@noble/curves/utils.js";
import { dataLength } from "ethers";
import { NUMBERS_WORD } from "../../protocol/packing.ts";
import { layoutOf } from "../../protocol/words.ts";
import { ROLLUP } from "../../l1/contract.ts";
import type { GasSchedule } from "../../l1/gas-schedule.ts";
import type { ProvenBatch } from "./submission.ts";

export function calldataOf({ size, proof, c, words, refundAddresses }: ProvenBatch): string {
  return ROLLUP.encodeFunctionData("submitBatch", [size, proof, c, words, refundAddresses]);
}

/** The most gas that a transaction may use (EIP-7825). */
export const MOST_GAS = 2 ** 24;

/** Header, verifier and storage: 307,000 were measured at most, in a rollup's first batch by Glamsterdam's rules. */
const BATCH_GAS = 500_000;
/** An operation or a withdrawal, besides the slot of a credit that it opens: 2,600 were measured. */
const ROW_GAS = 13_000;

const [, , , NUMBERS] = layoutOf({ l1Operations: 0, withdrawals: 0, transfers: 0 });

/**
 * Gas that suffices for a batch's transaction by a chain's rules, even if each of its rows opens a new credit: somebody
 * can empty one while the transaction waits. What it does not use costs nothing; and a node's own estimate is not to be
 * had before the batches ahead of it are mined.
 */
export function enoughGas({ words }: ProvenBatch, calldata: string, { floorByte, newSlot }: GasSchedule): number {
  const { offset, bytes } = NUMBERS!;
  const numbers = NUMBERS_WORD.unpack(bytesToNumberBE(words.subarray(offset, offset + bytes)));
  const rows = Number(numbers.l1Operations + numbers.withdrawals);
  return BATCH_GAS + floorByte.nonZero * dataLength(calldata) + (ROW_GAS + newSlot) * rows;
}

/** A limit for what a node estimates, with room for what changes until the transaction is mined. */
export const roomFor = (estimate: bigint): number => Math.ceil(Number(estimate) * 1.25);

/**
 * Whether a transaction failed for it had too little gas. One that runs out of it has used all; but where the verifier
 * did, or a precompile of it, each call on the way to it has kept a 64th (EIP-150).
 */
export const lackedGas = (gasUsed: bigint, gasLimit: bigint): boolean => gasUsed * 64n >= gasLimit * 61n;
