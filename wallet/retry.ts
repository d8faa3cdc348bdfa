import { withRetries } from "../lib/retry.ts";
import { SheafError, type ErrorCode } from "../protocol/errors.ts";

/** The node counts requests over ten seconds. */
const [ATTEMPTS, AGAIN_MS] = [7, 2_000];

/** Does something again where it fails with one of these codes, which may pass by themselves, soon. */
export function retried<T>(
  work: () => Promise<T>,
  codes: readonly ErrorCode[],
  onFailure: (error: SheafError) => void = () => undefined,
): Promise<T> {
  const patience = (error: unknown): number | undefined => {
    if (!(error instanceof SheafError) || !codes.includes(error.code)) return undefined;
    onFailure(error);
    return AGAIN_MS;
  };
  return withRetries(work, patience, { attempts: ATTEMPTS, pause: 0 });
}
