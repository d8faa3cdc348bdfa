import { sleep, stopAfter } from "../lib/sleep.ts";
import { SheafError } from "../protocol/errors.ts";
import type { ReceiverAccount } from "./receiver.ts";
import { TIMEOUT_MS, type WaitOptions } from "./sent.ts";

const INTERVAL_MS = 1_000;

export interface PayableOptions extends Pick<WaitOptions, "timeout" | "signal"> {
  /** Told at each look what is waited for, and for how long where that is known. */
  readonly onWait?: (why: string) => void;
}

/**
 * Looks for an account until it is there and final, however it gets there.
 *
 * @throws SheafError WAIT_TIMEOUT, and the other codes of `find`
 */
export async function untilPayable(
  find: () => Promise<ReceiverAccount>,
  { timeout = TIMEOUT_MS, signal, onWait = () => undefined }: PayableOptions,
): Promise<ReceiverAccount> {
  const stop = stopAfter(timeout, signal);
  for (;;) {
    try {
      return await find();
    } catch (error) {
      if (!isNotYet(error)) throw error;
      signal?.throwIfAborted();
      onWait(error.message);
      if (stop.aborted) throw new SheafError("WAIT_TIMEOUT", `after ${timeout / 1000} s: ${error.message}`);
    }
    await sleep(INTERVAL_MS, stop);
  }
}

const isNotYet = (error: unknown): error is SheafError =>
  error instanceof SheafError && (error.code === "ACCOUNT_NOT_FOUND" || error.code === "ACCOUNT_NOT_FINAL");
