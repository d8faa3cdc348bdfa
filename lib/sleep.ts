/** Waits that many milliseconds, or until the signal. Never throws. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
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

/** Whoever waits: a clock of tests lives through days in a moment. */
export interface Sleeper {
  pause(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const SLEEPER: Sleeper = { pause: sleep };

/** The longest that timers know: beyond it they end at once. */
const LONGEST = 2 ** 31 - 1;

/** Aborts after that many milliseconds, or with the signal. */
export function stopAfter(milliseconds: number, signal?: AbortSignal): AbortSignal {
  const time = AbortSignal.timeout(Math.min(milliseconds, LONGEST));
  return signal === undefined ? time : AbortSignal.any([time, signal]);
}
