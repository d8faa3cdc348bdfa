import type { Steps } from "./steps.ts";

/** Milliseconds that work may hold up everything else. */
const SLICE_MS = 10;

/** Milliseconds since some moment, and how to wait for some: a node's clock, say. */
export interface Pauses {
  elapsed(): number;
  pause(milliseconds: number): Promise<void>;
}

/** Does work in slices of a few milliseconds: between them requests are answered, and timers have their turn. */
export async function inSlices<T>(steps: Steps<T>, clock: Pauses): Promise<T> {
  let since = clock.elapsed();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (clock.elapsed() - since < SLICE_MS) continue;
    await clock.pause(0);
    since = clock.elapsed();
  }
}
