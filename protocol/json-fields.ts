import * as z from "zod";
import { BITS, FIELD_ORDER } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { problemOf } from "./field-problems.ts";
import { requireAddress } from "./l1-address.ts";
import type { Term } from "./operations.ts";

// Values that fields of JSON files may hold. Numbers that may pass 2^53 are decimal strings.

/** An unsigned integer as a JSON number, at most 40 bits. */
export const unsigned = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);

/** An unsigned integer as a decimal string, or as a JSON number where that is exact. */
export const decimal = (limit: bigint, name: string) =>
  z
    .union(
      [z.string().regex(/^\d{1,80}$/), z.int().min(0)],
      `must be a whole decimal number, at least 0 and below ${name}`,
    )
    .transform(BigInt)
    .refine((value) => value < limit, `must be below ${name}`);

/** The seconds of a term: for `withTerm`. */
export const term = {
  validUntil: unsigned(BITS.validUntil).optional(),
  validFrom: unsigned(BITS.validUntil).optional(),
};

/** An object whose fields `validUntil` and `validFrom` are optional: it has either the one or the other. */
export function withTerm<Fields extends z.ZodObject>(fields: Fields) {
  const checked = fields.refine(
    ({ validUntil, validFrom }) => (validUntil === undefined) !== (validFrom === undefined),
    "must have either validUntil or validFrom",
  );
  // A refinement has no say in the type.
  type Checked = z.ZodType<Omit<z.output<Fields>, keyof Term> & Term, z.input<Fields>> & z.core.$ZodTypeDiscriminable;
  return checked as unknown as Checked;
}

/** A field element that stays a decimal string. */
export const decimalString = z
  .string()
  .regex(/^\d{1,78}$/, { error: "must be a whole decimal number", abort: true })
  .refine((text) => BigInt(text) < FIELD_ORDER, "must be below the field's order r");

export const decimalBits = (bits: number) => decimal(1n << BigInt(bits), `2^${bits}`);
export const fieldElement = decimal(FIELD_ORDER, "the field's order r");

/** An Ethereum address in hexadecimal; letters of both cases must be those of its checksum. */
export const address = z.string().superRefine(requireAddress).transform(BigInt);

export function addressToHex(value: bigint): string {
  return `0x${value.toString(16).padStart(40, "0")}`;
}

export function elementToHex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

/**
 * Reads a value by a schema. Throws `FIELD_INVALID` that names the file, or what else it comes from, and each wrong field.
 */
export function parseFields<T extends z.ZodType>(source: string, schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value, { error: problemOf });
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 5).map(({ path, message }) => `${pathOf(path)} ${message}`);
  throw new SheafError("FIELD_INVALID", `${source}: ${problems.join("; ")}`, { cause: result.error });
}

/** `["transfers", 0, "amount"]` as `transfers[0].amount`. */
function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "it";
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}
