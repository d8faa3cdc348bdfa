import { z } from "zod";
import { domainOf } from "../protocol/challenge.ts";
import { BATCH_SIZES, BITS, type BatchSize } from "../protocol/constants.ts";
import type { BatchRequest } from "../protocol/request.ts";
import { RollupState } from "../protocol/state.ts";
import { address, addressToHex, decimalBits, fieldElement, parseFields, unsigned } from "../protocol/json-fields.ts";

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
  validUntil: unsigned(BITS.validUntil),
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
  withdrawals: z.array(z.strictObject(signed)),
  transfers: z.array(z.strictObject({ ...signed, to: index })),
});

/** A batch in a file: the accounts before it, and its operations. */
export type BatchDescription = z.output<typeof batchDescriptionSchema>;

/** Reads a batch description. Throws `FIELD_INVALID` with the field named; `source` is the file's name. */
export function parseBatchDescription(source: string, value: unknown): BatchDescription {
  return parseFields(source, batchDescriptionSchema, value);
}

/** What `buildBatch` takes, and what `submitBatch` takes besides the proof and the words. */
export interface DescribedBatch {
  readonly state: RollupState;
  readonly size: BatchSize;
  readonly request: BatchRequest;
  /** Of each operation that comes from the L1 queue, in order. */
  readonly refundAddresses: readonly string[];
}

export function describedBatch(description: BatchDescription): DescribedBatch {
  const { accounts, chainId, rollup, size, ...operations } = description;
  const state = new RollupState();
  for (const { index, ...account } of accounts) state.update(index, account);
  const queued = description.l1Operations.filter(({ kind }) => kind !== "creation");
  return {
    state,
    size: BATCH_SIZES.find(({ name }) => name === size)!,
    request: { domain: domainOf(chainId, rollup), ...operations },
    refundAddresses: queued.map((operation) =>
      addressToHex("refundAddress" in operation ? operation.refundAddress : 0n),
    ),
  };
}

/** The description as JSON takes it: what `parseBatchDescription` reads. */
export function batchDescriptionToJson(description: BatchDescription): object {
  const address = <T extends { readonly l1Address: bigint }>(entry: T) => ({
    ...entry,
    l1Address: addressToHex(entry.l1Address),
  });
  return {
    ...description,
    rollup: addressToHex(description.rollup),
    accounts: description.accounts.map(address),
    l1Operations: description.l1Operations.map((operation) => ({
      ...address(operation),
      ...("refundAddress" in operation ? { refundAddress: addressToHex(operation.refundAddress) } : {}),
    })),
  };
}
