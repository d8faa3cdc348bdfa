import { inTime } from "../in-time.ts";

/** Milliseconds that an answer of L1's node counts as new: a quarter of a block's time. */
const LATELY_MS = 3_000;

/** What L1's node has lately answered: however many ask this one, it is not asked more often. Throws as `inTime` does. */
export function lately<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly at: number } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at >= LATELY_MS) last = { answer: inTime(ask()), at: now };
    return last.answer;
  };
}
