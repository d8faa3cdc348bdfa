import { SCALAR_BYTES } from "../prover/setup/curve-memory.ts";

/** A number below 2^256 as 32 bytes. */
export function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(SCALAR_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < SCALAR_BYTES; at += 8) view.setBigUint64(at, BigInt.asUintN(64, value >> BigInt(8 * at)), true);
  return bytes;
}

/** The number that little-endian bytes stand for. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}
