import { layoutOf, readNumbers } from "../../../protocol/words.ts";
import { bytesOf, hexOf } from "../hex.ts";

/** A copy of published words with bits of one of them flipped. */
export function flipped(words: Uint8Array, place: string, bits: bigint): Uint8Array {
  const { offset, bytes } = layoutOf(readNumbers(words)).find(({ name }) => name === place)!;
  const word = BigInt(`0x${hexOf(words.subarray(offset, offset + bytes))}`) ^ bits;
  const changed = Uint8Array.from(words);
  changed.set(bytesOf(word.toString(16).padStart(2 * bytes, "0")), offset);
  return changed;
}
