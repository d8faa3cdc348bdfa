import { withRetries, type RetryOptions } from "../../lib/retry.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Alarm } from "./alarms.ts";

/** What a webhook is sent, as JSON, whenever the alarms change. */
export interface Notice {
  readonly rollup: string;
  /** The block that L1 was read up to, if it could be. */
  readonly block?: number;
  /** All that is wrong now. */
  readonly alarms: readonly Alarm[];
  /** Kinds that were wrong before and are right now. */
  readonly cleared: readonly Alarm["kind"][];
}

/** Milliseconds until a request counts as lost. */
const TIMEOUT = 10_000;

/**
 * Posts a notice, again and again while the receiver is away or answers with an error of its own (5xx, 429).
 *
 * @throws SheafError WEBHOOK_FAILED
 */
export async function postNotice(url: string, notice: Notice, retries: RetryOptions = {}): Promise<void> {
  const body = JSON.stringify(notice);
  const headers = { "content-type": "application/json" };
  const post = async (): Promise<void> => {
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(url, { method: "POST", headers, body, signal }).catch((cause: unknown) => {
      throw new Failure("it does not answer", true, cause);
    });
    await response.body?.cancel();
    const { ok, status } = response;
    if (!ok) throw new Failure(`it answers HTTP ${status}`, status >= 500 || status === 429);
  };
  try {
    await withRetries(post, (error) => (error instanceof Failure && error.mayPass ? 0 : undefined), retries);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new SheafError("WEBHOOK_FAILED", `the webhook at ${new URL(url).host}: ${cause.message}`, { cause });
  }
}

/** Throws `FIELD_INVALID`: a wrong URL is to be found at once, not with the first alarm. */
export function requireWebhook(url: string): void {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return;
  throw new SheafError("FIELD_INVALID", `${url} is no http(s) URL of a webhook`);
}

class Failure extends Error {
  readonly mayPass: boolean;

  constructor(message: string, mayPass: boolean, cause?: unknown) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}
