import * as z from "zod";
import { BATCH_SIZES, BITS } from "../../protocol/constants.ts";
import { address, decimalBits, fieldElement, term, unsigned, withTerm } from "../../protocol/json-fields.ts";

const index = unsigned(BITS.index);
const token = unsigned(BITS.token);
const nonce = unsigned(BITS.nonce);
const amount = decimalBits(BITS.balance);
const point = z.strictObject({ x: fieldElement, y: fieldElement });

const signed = {
  from: index,
  token,
  amount,
  fee: amount,
  nonce,
  ...term,
  publicKey: point,
  signature: z.strictObject({ r8: point, s: fieldElement }),
};

/** An account of the state: not at index 0, which stands for L1. */
const account = { index: index.min(1), pubKeyY: fieldElement, l1Address: address, token, balance: amount, nonce };
const owner = { index, pubKeyY: fieldElement, l1Address: address, token };
/** Who gets a queued deposit back if the rollup ends: part of the queue's hash, not of the proof. */
const refundAddress = address.default(0n);

export const batchDescriptionSchema = z.strictObject({
  size: z.enum(BATCH_SIZES.map(({ name }) => name)),
  chainId: decimalBits(256),
  rollup: address,
  batchNumber: unsigned(BITS.batchNumber),
  timestamp: unsigned(BITS.timestamp),
  beneficiary: address,
  token,
  feeAccount: index,
  accounts: z
    .array(z.strictObject(account))
    .refine((accounts) => new Set(accounts.map(({ index }) => index)).size === accounts.length, "names an index twice"),
  l1Operations: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("deposit"), ...owner, amount, refundAddress }),
      z.strictObject({ kind: z.literal("creation"), ...owner }),
      z.strictObject({ kind: z.literal("forcedWithdrawal"), index, l1Address: address, token }),
    ]),
  ),
  withdrawals: z.array(withTerm(z.strictObject(signed))),
  transfers: z.array(withTerm(z.strictObject({ ...signed, to: index }))),
});

/** A batch in a file: the accounts before it, and its operations. */
export type BatchDescription = z.output<typeof batchDescriptionSchema>;
