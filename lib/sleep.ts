/** Waits that many milliseconds, or until the signal. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
}

/** The longest that timers know: beyond it they end at once. */
const LONGEST = 2 ** 31 - 1;

/** Aborts after that many milliseconds, or with the signal. */
export function stopAfter(milliseconds: number, signal?: AbortSignal): AbortSignal {
  const time = AbortSignal.timeout(Math.min(milliseconds, LONGEST));
  return signal === undefined ? time : AbortSignal.any([time, signal]);
}
