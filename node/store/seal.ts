import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { crc32 } from "node:zlib";

/** A checksum of a row's values, in their order. */
export function sealOf(values: Iterable<SQLInputValue>): number {
  let seal = 0;
  for (const value of values) {
    if (value === null) seal = crc32("n", seal);
    else if (typeof value === "string") seal = crc32(`t${value.length}:${value}`, seal);
    else if (typeof value === "object") {
      const bytes = value as Uint8Array;
      seal = crc32(bytes, crc32(`b${bytes.length}:`, seal));
    } else seal = crc32(`i${value};`, seal);
  }
  return seal;
}

/** The values of a row that was read whole, without its seal; `undefined` where it has none. */
export function sealedValues(row: Readonly<Record<string, SQLOutputValue>>): readonly SQLOutputValue[] | undefined {
  const place = Object.keys(row).indexOf("seal");
  return place < 0 ? undefined : Object.values(row).slice(0, place);
}

/** Whether a row is as it was written. One without a seal is. */
export function isAsWritten(row: Readonly<Record<string, SQLOutputValue>>): boolean {
  const values = sealedValues(row);
  return values === undefined || sealOf(values) === row["seal"];
}
