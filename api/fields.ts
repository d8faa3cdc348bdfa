import * as z from "zod";
import { FIELD_ORDER } from "../protocol/constants.ts";
import { unsigned } from "../protocol/json-fields.ts";
import { requireAddress } from "../protocol/l1-address.ts";

// What fields hold over HTTP: codecs, so that each side has bigints and numbers where JSON has texts.

/** A decimal string of a number below `limit`; a bigint in code. */
function decimal(limit: bigint, name: string) {
  const digits = new RegExp(`^(0|[1-9]\\d{0,${String(limit).length - 1}})$`);
  const json = { type: "string", pattern: digits.source, description: `a decimal number below ${name}` } as const;
  const text = z
    .string()
    .regex(digits, { error: "must be a whole decimal number as a string", abort: true })
    .refine((value) => BigInt(value) < limit, `must be below ${name}`);
  return z.codec(text, z.bigint().meta(json), { decode: BigInt, encode: String }).meta(json);
}

export const decimalBits = (bits: number) => decimal(1n << BigInt(bits), `2^${bits}`);
export const element = decimal(FIELD_ORDER, "the field's order r");

/** An unsigned number in a URL, at most 40 bits. */
export const urlNumber = (bits: number, minimum = 0) =>
  z
    .codec(
      z.string().refine((text) => /^\d{1,13}$/.test(text), "must be a whole number"),
      unsigned(bits).min(minimum),
      { decode: Number, encode: String },
    )
    .meta({ type: "integer", minimum, maximum: 2 ** bits - 1 });

/** Ethereum's addresses and hashes stay texts; letters of both cases in an address must be those of its checksum. */
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: "must be 0x and 40 hexadecimal digits", abort: true })
  .superRefine(requireAddress);
export const hash = z.string().regex(/^0x[0-9a-f]{64}$/, "must be 0x and 64 hexadecimal digits, in lower case");

export const seconds = unsigned(40).describe("Unix time in seconds");
export const milliseconds = z.int().min(0).describe("Unix time in milliseconds");
