import { SLEEPER, type Sleeper } from "./sleep.ts";

export interface RetryOptions {
  /** How often the work is tried in all. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; each further pause is twice as long. */
  readonly pause?: number;
  readonly clock?: Sleeper;
}

/** A server that asks for more patience than this is treated as one that does not answer. */
const LONGEST_PAUSE = 60_000;

/**
 * Tries work again, with exponential backoff and jitter, while it fails for a reason that may pass.
 *
 * @param patience how many milliseconds to wait at least before the next attempt (0: as the backoff says), or `undefined`
 * for an error that will not pass
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  patience: (error: unknown) => number | undefined,
  { attempts = 7, pause = 250, clock = SLEEPER }: RetryOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const asked = patience(error);
      if (asked === undefined || asked > LONGEST_PAUSE || attempt >= attempts) throw error;
      // Jitter keeps clients that were cut off together from coming back together.
      const backoff = pause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      await clock.pause(Math.min(Math.max(asked, backoff), LONGEST_PAUSE));
    }
  }
}
