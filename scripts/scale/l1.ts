import { OSAKA, type GasSchedule } from "../../l1/gas-schedule.ts";

/** What Ethereum has for everybody. */
export interface L1 {
  /** Of a block: 60 million is the clients' default since Fusaka (https://eips.ethereum.org/EIPS/eip-7935), 36 million was usual in 2025. */
  readonly blockGas: number;
  /** Of a block: EIP-7691 (https://eips.ethereum.org/EIPS/eip-7691) allows 9 at most, 6 on average. */
  readonly blobs: number;
  /** What gas is charged for. */
  readonly schedule: GasSchedule;
}

export const DEFAULT_L1: L1 = { blockGas: 60_000_000, blobs: 9, schedule: OSAKA };

/** Seconds between two blocks. */
export const SLOT_SECONDS = 12;

/** Usable bytes of a blob (https://eips.ethereum.org/EIPS/eip-4844): 4096 field elements, of which 31 bytes are free. */
export const BLOB_BYTES = 4096 * 31;

/** Storage slots that a batch of transfers changes. */
const CHANGED_SLOTS = 3;
/** Bytes of a batch's call besides its words: proof, commitment and selector; what offsets, lengths and the size leave empty. */
const CALL_BYTES = { nonZero: 292, zero: 160 };

/**
 * Gas of a batch of transfers by a chain's rules: what was measured by Osaka's with the difference in what is charged, or
 * the least for its calldata.
 */
export function gasOfBatch(measured: number, words: Uint8Array, schedule: GasSchedule): number {
  const { transaction, changedSlot, floorByte } = schedule;
  const difference = transaction - OSAKA.transaction + CHANGED_SLOTS * (changedSlot - OSAKA.changedSlot);
  const call = floorByte.zero * CALL_BYTES.zero + floorByte.nonZero * CALL_BYTES.nonZero;
  const floor = words.reduce((sum, byte) => sum + (byte === 0 ? floorByte.zero : floorByte.nonZero), call);
  return Math.max(measured + difference, transaction + floor);
}
