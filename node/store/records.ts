import type { L1Operation } from "../../protocol/operations.ts";
import type { BlockReference } from "../l1/l1.ts";
import type { Row } from "./database.ts";
import { toBigint } from "./values.ts";

// The records that a store hands out, and how its rows are read.

/** A batch size as its contract registered it. Hashes are 0x and 64 digits. */
export interface RegisteredSize {
  readonly id: number;
  readonly verifier: string;
  readonly transfers: number;
  readonly l1Operations: number;
  readonly withdrawals: number;
  readonly circuitHash: string;
  readonly keyHash: string;
}

/** An operation in L1's queue. A deposit's index is the operator's choice, and 0 here. */
export interface QueuedOperation {
  readonly place: number;
  /** Number of the block that it is in. */
  readonly block: number;
  readonly operation: Exclude<L1Operation, { kind: "creation" }>;
  /** Zero for a forced withdrawal. */
  readonly refundAddress: string;
  /** Unix time in seconds. */
  readonly deadline: number;
  /** The contract's hash of the queue up to this operation: 0x and 54 digits. */
  readonly cumulativeHash: string;
}

/** A batch that L1 took. */
export interface StoredBatch {
  readonly number: number;
  /** Number of the block that it is in. */
  readonly block: number;
  readonly transaction: string;
  /** Id of its size. */
  readonly size: number;
  readonly timestamp: number;
  readonly root: bigint;
  /** Operations of the queue that were done after it. */
  readonly queueEnd: number;
  /** The contract's hash of all batches up to this one. */
  readonly chain: string;
  /** The words in calldata. */
  readonly words: Uint8Array;
  /** Where its transfers are, if they are not in calldata. */
  readonly blob?: BlobPlace;
}

/** A batch's part of a blob. */
export interface BlobPlace {
  /** 0x and 64 digits. */
  readonly versionedHash: string;
  /** Place of the first word among the coefficients of the blob's polynomial. */
  readonly start: number;
}

/** A row of a batch. Index 0 as sender or recipient stands for L1. */
export interface OperationRow {
  readonly kind: L1Operation["kind"] | "withdrawal" | "transfer";
  /** In L1's queue; `undefined` for what is not from there. */
  readonly place: number | undefined;
  readonly sender: number;
  readonly recipient: number;
  readonly token: number;
  /** A forced withdrawal's is what it took out. */
  readonly amount: bigint;
  readonly fee: bigint;
  /** Of a signed operation. */
  readonly nonce: number | undefined;
}

export interface StoredOperation extends OperationRow {
  readonly batch: number;
  /** Among all of the batch's: L1 operations, then withdrawals, then transfers. */
  readonly row: number;
}

/** What a batch credited an L1 address with, or what was pulled. */
export interface Payout {
  readonly kind: "credit" | "pull";
  readonly token: number;
  readonly l1Address: bigint;
  readonly amount: bigint;
}

/** What happens once nobody runs the rollup any more. */
export type Escape = "freeze" | "exit" | "refund";

export const referenceOf = (row: Row): BlockReference => ({ number: Number(row["number"]), hash: String(row["hash"]) });

export function batchOf(row: Row): StoredBatch {
  return {
    number: Number(row["number"]),
    block: Number(row["block"]),
    transaction: String(row["tx_hash"]),
    size: Number(row["size"]),
    timestamp: Number(row["timestamp"]),
    root: toBigint(row["root"]),
    queueEnd: Number(row["queue_end"]),
    chain: String(row["chain"]),
    words: row["words"] as Uint8Array,
    ...(row["versioned_hash"] !== null && {
      blob: { versionedHash: String(row["versioned_hash"]), start: Number(row["blob_start"]) },
    }),
  };
}

export function sizeOf(row: Row): RegisteredSize {
  return {
    id: Number(row["id"]),
    verifier: String(row["verifier"]),
    transfers: Number(row["transfers"]),
    l1Operations: Number(row["l1_operations"]),
    withdrawals: Number(row["withdrawals"]),
    circuitHash: String(row["circuit_hash"]),
    keyHash: String(row["key_hash"]),
  };
}

export function queuedOf(row: Row): QueuedOperation {
  const common = { index: Number(row["account"]), token: Number(row["token"]), l1Address: toBigint(row["l1_address"]) };
  return {
    place: Number(row["place"]),
    block: Number(row["block"]),
    operation:
      row["kind"] === "deposit"
        ? { kind: "deposit", ...common, pubKeyY: toBigint(row["pub_key_y"]), amount: toBigint(row["amount"]) }
        : { kind: "forcedWithdrawal", ...common },
    refundAddress: String(row["refund_address"]),
    deadline: Number(row["deadline"]),
    cumulativeHash: String(row["cumulative_hash"]),
  };
}

export function operationOf(row: Row): StoredOperation {
  const optional = (column: string): number | undefined => (row[column] === null ? undefined : Number(row[column]));
  return {
    batch: Number(row["batch"]),
    row: Number(row["row"]),
    kind: row["kind"] as OperationRow["kind"],
    place: optional("place"),
    sender: Number(row["sender"]),
    recipient: Number(row["recipient"]),
    token: Number(row["token"]),
    amount: toBigint(row["amount"]),
    fee: toBigint(row["fee"]),
    nonce: optional("nonce"),
  };
}

export function payoutOf(row: Row): Payout {
  return {
    kind: row["kind"] as Payout["kind"],
    token: Number(row["token"]),
    l1Address: toBigint(row["l1_address"]),
    amount: toBigint(row["amount"]),
  };
}
