import { SLEEPER, type Sleeper } from "./sleep.ts";

/**
 * The result of work that is done in time.
 *
 * @param work gets a signal that it may heed, which aborts when its time is up
 * @param tooLate the error that is thrown then, also where the work goes on
 */
export async function within<T>(
  milliseconds: number,
  work: (late: AbortSignal) => Promise<T>,
  tooLate: () => Error,
  clock: Sleeper = SLEEPER,
): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  const timeout = clock.pause(milliseconds, done.signal).then((): Promise<never> => {
    if (done.signal.aborted) return new Promise(() => undefined);
    late.abort(tooLate());
    throw late.signal.reason;
  });
  try {
    return await Promise.race([work(late.signal), timeout]);
  } finally {
    done.abort();
  }
}
