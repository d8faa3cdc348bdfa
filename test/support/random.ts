import { createHash, randomInt } from "node:crypto";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SEED } from "./seed.ts";

/** Whether to run the full random counts (`SHEAF_LONG=1`) instead of a short slice of them. */
export const LONG = process.env["SHEAF_LONG"] === "1";

/** A reproducible stream of values; each test names its own, so that tests do not depend on each other's order. */
export function seeded(name: string) {
  let counter = 0;
  const wide = (): bigint => bytesToNumberBE(createHash("sha512").update(`${SEED}/${name}/${counter++}`).digest());
  const below = (bound: bigint): bigint => wide() % bound;
  return {
    below,
    field: (): bigint => below(FIELD_ORDER),
    bytes: (length: number): Uint8Array =>
      createHash("sha512").update(`${SEED}/${name}/${counter++}`).digest().subarray(0, length),
  };
}

/**
 * Some items of a complete list, others in each run, or all with `SHEAF_LONG=1`. Whoever uses it names the item that
 * fails, so that no seed is needed to see it again.
 */
export function sliceOf<T>(items: readonly T[], count: number): T[] {
  if (LONG || items.length <= count) return [...items];
  const left = [...items];
  return Array.from({ length: count }, () => left.splice(randomInt(left.length), 1)[0]!);
}
