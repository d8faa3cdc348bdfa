import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import type { SQLOutputValue } from "node:sqlite";
import type { Account } from "../../protocol/account.ts";
import { BITS, WIDE_WORD_BYTES } from "../../protocol/constants.ts";
import type { Row } from "./database.ts";

const ADDRESS_BYTES = BITS.l1Address / 8;
/** A transfer's amount, below 2^142, can pass any balance: what leaves an account may come back in the same batch. */
const AMOUNT_BYTES = 18;

export const elementToBytes = (value: bigint): Uint8Array => numberToBytesBE(value, WIDE_WORD_BYTES);
export const addressToBytes = (value: bigint): Uint8Array => numberToBytesBE(value, ADDRESS_BYTES);
export const amountToBytes = (value: bigint): Uint8Array => numberToBytesBE(value, AMOUNT_BYTES);
export const toBigint = (value: SQLOutputValue | undefined): bigint => bytesToNumberBE(value as Uint8Array);

export function accountOf(row: Row): Account {
  return {
    pubKeyY: toBigint(row["pub_key_y"]),
    l1Address: toBigint(row["l1_address"]),
    token: Number(row["token"]),
    balance: toBigint(row["balance"]),
    nonce: Number(row["nonce"]),
  };
}
