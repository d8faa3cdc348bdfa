import type { Readable } from "node:stream";
import { SheafError } from "../../protocol/errors.ts";

/** Bytes that there is room for at first where nobody says how many come. */
const FIRST = 65_536;

/**
 * Reads a body into memory of its own, as it comes: put together at its end, a large one would hold up everybody else.
 *
 * @param length as its sender says
 * @throws SheafError BODY_TOO_LARGE
 */
export async function bodyOf(
  source: Readable,
  length: number | undefined,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  requireAtMost(length ?? 0, most);
  let [bytes, end] = [new Uint8Array(length ?? FIRST), 0];
  // A refused client is still answered.
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    requireAtMost(end + chunk.length, most);
    if (end + chunk.length > bytes.length) {
      const longer = new Uint8Array(Math.max(2 * bytes.length, end + chunk.length));
      longer.set(bytes.subarray(0, end));
      bytes = longer;
    }
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes.subarray(0, end);
}

function requireAtMost(bytes: number, most: number): void {
  if (bytes > most)
    throw new SheafError("BODY_TOO_LARGE", `the body has ${bytes} bytes or more; at most ${most} are taken`);
}

/** Bytes a piece at a time, none of which takes long to hash or to write. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += FIRST) yield bytes.subarray(at, at + FIRST);
}
