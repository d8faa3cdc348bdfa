import { SheafError } from "../../protocol/errors.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";

/** Milliseconds that a request waits for L1's node at most: who asked would wait as long. */
const PATIENCE_MS = 3_000;

/** An answer of L1's node, if it comes soon. Throws `NETWORK_UNREACHABLE` otherwise. */
export function inTime<T>(answer: Promise<T>, clock: Clock = SYSTEM_CLOCK): Promise<T> {
  const answered = new AbortController();
  const late = clock.pause(PATIENCE_MS, answered.signal).then(() => {
    throw new SheafError("NETWORK_UNREACHABLE", `L1's node has not answered in ${PATIENCE_MS / 1000} s`);
  });
  return Promise.race([answer, late]).finally(() => answered.abort());
}
