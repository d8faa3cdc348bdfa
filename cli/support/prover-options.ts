import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { ROOT } from "../../lib/root.ts";

/** Folder for submitted inputs, the embedded queue, and what workers fetch. */
export const PROVER_DATA = join(ROOT, "build", "prover");

/** Environment variable of the service's bearer token: an argument would show in the list of processes. */
export const TOKEN_VARIABLE = "SHEAF_PROVER_TOKEN";
export const proverToken = (): string | undefined => process.env[TOKEN_VARIABLE];

/** For commander: a whole number of at least `minimum`, and at most `maximum`. */
export const wholeNumber =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    const most = maximum === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${maximum}`;
    throw new InvalidArgumentError(`It must be a whole number of at least ${minimum}${most}.`);
  };

/** A signal that the terminal or the system gives by SIGINT or SIGTERM, or a parent with a channel by its end. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "disconnect"] as const) process.once(name, () => stop.abort());
  // A listener keeps the channel open, and that the process.
  process.channel?.unref();
  return stop.signal;
}
