/** What Ethereum has for everybody. */
export interface L1 {
  /** Of a block: 60 million is the clients' default since Fusaka (https://eips.ethereum.org/EIPS/eip-7935), 36 million was usual in 2025. */
  readonly blockGas: number;
  /** Of a block: EIP-7691 (https://eips.ethereum.org/EIPS/eip-7691) allows 9 at most, 6 on average. */
  readonly blobs: number;
}

export const DEFAULT_L1: L1 = { blockGas: 60_000_000, blobs: 9 };

/** Seconds between two blocks. */
export const SLOT_SECONDS = 12;

/** Usable bytes of a blob (https://eips.ethereum.org/EIPS/eip-4844): 4096 field elements, of which 31 bytes are free. */
export const BLOB_BYTES = 4096 * 31;

/** Gas that a transaction costs at all, and at least for each token of its calldata: https://eips.ethereum.org/EIPS/eip-7623. */
const TRANSACTION_GAS = 21_000;
const FLOOR_GAS_OF_TOKEN = 10;

/** Gas that a transaction with this calldata costs at least: a zero byte is one token, another one four. */
export function floorGas(calldata: Uint8Array): number {
  const tokens = calldata.reduce((sum, byte) => sum + (byte === 0 ? 1 : 4), 0);
  return TRANSACTION_GAS + FLOOR_GAS_OF_TOKEN * tokens;
}
