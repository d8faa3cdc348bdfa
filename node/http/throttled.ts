import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import { inTime } from "../l1/l1-timeout.ts";

/** Milliseconds that an answer of L1's node counts as new: a quarter of a block's time. */
const LATELY_MS = 3_000;

/** What L1's node has lately answered: however many ask this one, it is not asked more often. Throws as `inTime` does. */
export function throttled<T>(ask: () => Promise<T>, clock: Clock = SYSTEM_CLOCK): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly at: number } | undefined;
  return () => {
    const now = clock.elapsed();
    if (last === undefined || now - last.at >= LATELY_MS) last = { answer: inTime(ask(), clock), at: now };
    return last.answer;
  };
}
