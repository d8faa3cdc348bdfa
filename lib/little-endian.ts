const BYTES = 32;

/** A number below 2^256 as 32 bytes. */
export function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < BYTES; at += 8) view.setBigUint64(at, BigInt.asUintN(64, value >> BigInt(8 * at)), true);
  return bytes;
}

/** The number that little-endian bytes stand for; they are a multiple of eight. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let value = 0n;
  for (let at = bytes.length - 8; at >= 0; at -= 8) value = (value << 64n) | view.getBigUint64(at, true);
  return value;
}
