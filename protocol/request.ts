import type { L1Operation, Signed, Transfer, Withdrawal } from "./operations.ts";

/** What an operator puts into a batch. Within a batch an account's operations come in the order of their nonces. */
export interface BatchRequest {
  /** `domainOf(chainId, rollup)`. */
  readonly domain: bigint;
  /** Number of this batch on L1: one more than the last one's, from 1. */
  readonly batchNumber: number;
  /** Unix time in seconds. */
  readonly timestamp: number;
  /** L1 address that is credited with what L1 pays for the batch. The proof is good for no other. */
  readonly beneficiary: bigint;
  /** Whether the transfers go into a blob, if they do not go into the calldata. */
  readonly inBlob?: boolean;
  /** The token that transfers and withdrawals move. */
  readonly token: number;
  /** Index of the account that is credited with all fees. */
  readonly feeAccount: number;
  readonly l1Operations: readonly L1Operation[];
  /** An account's withdrawals come before its transfers. */
  readonly withdrawals: readonly Signed<Withdrawal>[];
  readonly transfers: readonly Signed<Transfer>[];
}
