import type { Account } from "../../../protocol/account.ts";
import { domainOf } from "../../../protocol/challenge.ts";
import {
  signTransfer,
  signWithdrawal,
  type Signed,
  type SignedOperation,
  type Withdrawal,
} from "../../../protocol/operations.ts";
import { PrivateKey } from "../../../protocol/signature.ts";

// The rollup whose node is measured: many accounts of one key, each of which pays the next one, again and again.

export const CHAIN_ID = 31337;
export const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
export const DOMAIN = domainOf(BigInt(CHAIN_ID), BigInt(ROLLUP));
const KEY = new PrivateKey(new Uint8Array(32).fill(7));

/** Who gets the fees; the account is the one at index 1. */
export const FEE_OWNER = { pubKeyY: KEY.publicKey.y, l1Address: 0xfee5n };
/** An L1 address that much was paid out to before: one that many accounts withdraw to, such as an exchange's. */
export const EXCHANGE = 0xe8c4n;

/** The rollup's last batch when the node was stopped. */
export const LAST_BATCH = 1_000;

/** L1's first block that there is, the time of it, and the seconds from one to the next. */
export const FIRST_BLOCK = 1;
const [START, BLOCK_TIME] = [1_700_000_000, 12];
export const timeOf = (block: number): number => START + BLOCK_TIME * (block - FIRST_BLOCK);

/** Of so many accounts one withdraws, and the operation of another one expires soon. */
const [WITHDRAWS, EXPIRES] = [50, 100];
const FOREVER = 2 ** 40 - 1;

export const expires = (index: number): boolean => index % EXPIRES === 1;
const withdraws = (index: number): boolean => index % WITHDRAWS === 2;

export function accountAt(index: number): Account {
  const l1Address = index === 1 ? FEE_OWNER.l1Address : withdraws(index) ? EXCHANGE : BigInt(index);
  return { pubKeyY: KEY.publicKey.y, l1Address, token: 0, balance: 10n ** 18n, nonce: 0 };
}

const fields = { from: 1, token: 0, amount: 1_000n, fee: 20n, nonce: 0, validUntil: FOREVER };
// A signature takes longer than all else here, and those of operations that a node has accepted are not verified again.
const ofTransfer = signatureIn(signTransfer(KEY, DOMAIN, { ...fields, to: 2 }));
const ofWithdrawal = signatureIn(signWithdrawal(KEY, DOMAIN, fields));

/** What the account at an index hands in next, with a signature that is not its own. */
export function operationOf(from: number, nonce: number): SignedOperation {
  const validUntil = expires(from) ? timeOf(Math.ceil(from / EXPIRES)) : FOREVER;
  const own = { ...fields, from, nonce, validUntil, fee: BigInt(20 + (from % 50)) };
  return withdraws(from)
    ? { kind: "withdrawal", operation: { ...own, ...ofWithdrawal } }
    : { kind: "transfer", operation: { ...own, ...ofTransfer, to: from + 1 } };
}

function signatureIn({ publicKey, signature }: Signed<Withdrawal>) {
  return { publicKey, signature };
}
