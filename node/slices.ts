import type { Steps } from "../protocol/steps.ts";
import type { Clock } from "./clock.ts";

/** Milliseconds that work may hold up everything else. */
const SLICE_MS = 10;

/** Does work in slices of a few milliseconds: between them requests are answered, and timers have their turn. */
export async function inSlices<T>(steps: Steps<T>, clock: Clock): Promise<T> {
  let since = clock.elapsed();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (clock.elapsed() - since < SLICE_MS) continue;
    await clock.pause(0);
    since = clock.elapsed();
  }
}
