import { SheafError } from "../protocol/errors.ts";

/** Milliseconds that a request waits for L1's node at most: who asked would wait as long. */
const PATIENCE_MS = 3_000;

/** An answer of L1's node, if it comes soon. Throws `NETWORK_UNREACHABLE` otherwise. */
export function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const error = new SheafError("NETWORK_UNREACHABLE", `L1's node has not answered in ${PATIENCE_MS / 1000} s`);
  const timer = setTimeout(() => reject(error), PATIENCE_MS);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
