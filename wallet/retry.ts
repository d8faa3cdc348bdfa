import { pause } from "../lib/sleep.ts";
import { SheafError, type ErrorCode } from "../protocol/errors.ts";

/** The node counts requests over ten seconds. */
const [ATTEMPTS, AGAIN_MS] = [7, 2_000];

/** Does something again where it fails with one of these codes, which may pass by themselves, soon. */
export async function retried<T>(
  work: () => Promise<T>,
  codes: readonly ErrorCode[],
  onFailure: (error: SheafError) => void = () => undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SheafError) || !codes.includes(error.code)) throw error;
      onFailure(error);
      if (attempt === ATTEMPTS) throw error;
      await pause(AGAIN_MS);
    }
  }
}
