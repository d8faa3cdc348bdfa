import { within } from "../../lib/within.ts";
import { SheafError } from "../../protocol/errors.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";

/** Milliseconds that a request waits for L1's node at most: its client waits as long. */
const PATIENCE_MS = 3_000;

/** An answer of L1's node, if it comes soon. Throws `NETWORK_UNREACHABLE` otherwise. */
export function inTime<T>(answer: Promise<T>, clock: Clock = SYSTEM_CLOCK): Promise<T> {
  const seconds = PATIENCE_MS / 1000;
  const late = (): Error => new SheafError("NETWORK_UNREACHABLE", `L1's node has not answered in ${seconds} s`);
  return within(PATIENCE_MS, () => answer, late, clock);
}
