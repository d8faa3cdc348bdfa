import { Field } from "@noble/curves/abstract/modular.js";
import { FIELD_ORDER } from "./constants.ts";
import { SheafError } from "./errors.ts";

/** Arithmetic in BN254's scalar field: `add`, `sub`, `mul`, `inv`, `neg`, … on canonical bigints. */
export const Fr = Field(FIELD_ORDER);

/** The value reduced into `[0, r)`. */
export const toField = (value: bigint): bigint => Fr.create(value);

/** Throws `FIELD_OUT_OF_RANGE` unless `0 <= value < 2^bits`; returns the value. */
export function requireBits<T extends bigint | number>(name: string, value: T, bits: number): T {
  if (!fits(value, bits)) {
    throw new SheafError(
      "FIELD_OUT_OF_RANGE",
      `${name} is ${value}; it must be a whole number from 0 to 2^${bits} - 1`,
    );
  }
  return value;
}

/** Throws `FIELD_OUT_OF_RANGE` unless `0 <= value < r`; returns the value. */
export function requireField(name: string, value: bigint): bigint {
  if (typeof value !== "bigint" || value < 0n || value >= FIELD_ORDER) {
    throw new SheafError("FIELD_OUT_OF_RANGE", `${name} is ${value}; it must be a field element, below ${FIELD_ORDER}`);
  }
  return value;
}

function fits(value: bigint | number, bits: number): boolean {
  // A number beyond 2^53 may have been rounded on its way here.
  if (typeof value === "number" ? !Number.isSafeInteger(value) : typeof value !== "bigint") return false;
  return value >= 0 && BigInt(value) >> BigInt(bits) === 0n;
}
