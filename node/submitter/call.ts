import { bytesToNumberBE } from "@noble/curves/utils.js";
import { dataLength } from "ethers";
import { NUMBERS_WORD } from "../../protocol/packing.ts";
import { layoutOf } from "../../protocol/words.ts";
import { ROLLUP } from "../../l1/contract.ts";
import type { ProvenBatch } from "./submission.ts";

export function calldataOf({ size, proof, c, words, refundAddresses }: ProvenBatch): string {
  return ROLLUP.encodeFunctionData("submitBatch", [size, proof, c, words, refundAddresses]);
}

/** Header, verifier, storage: about 270,000 were measured. */
const BATCH_GAS = 500_000;
/** A byte that is not zero, where calldata is all that counts (EIP-7623). */
const BYTE_GAS = 40;
/** An operation or a withdrawal that opens a credit: 24,600 were measured. */
const ROW_GAS = 35_000;

const [, , , NUMBERS] = layoutOf({ l1Operations: 0, withdrawals: 0, transfers: 0 });

/**
 * Gas that a batch's transaction may use. What it does not use costs nothing; and a node's own estimate is not to be had
 * before the batches ahead of it are mined.
 */
export function gasLimitOf({ words }: ProvenBatch, calldata: string): number {
  const { offset, bytes } = NUMBERS!;
  const numbers = NUMBERS_WORD.unpack(bytesToNumberBE(words.subarray(offset, offset + bytes)));
  const rows = Number(numbers.l1Operations + numbers.withdrawals);
  return BATCH_GAS + BYTE_GAS * dataLength(calldata) + ROW_GAS * rows;
}
