import { sleep } from "../lib/sleep.ts";

/** Time, as a node reads it and waits for it: a node with another clock lives through days in a moment. */
export interface Clock {
  /** Milliseconds of Unix time. It may jump, either way. */
  now(): number;
  /** Milliseconds since some moment. It never jumps. */
  elapsed(): number;
  /** Waits, until the signal at most. Never throws. */
  pause(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** This machine's. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  pause: sleep,
};
