import { SheafError } from "../../protocol/errors.ts";

/** An error for the terminal: its code, what happened and why, what to do; with `debug` the stacks of it and its causes. */
export function describeError(error: unknown, debug: boolean): readonly string[] {
  const known = error instanceof SheafError ? error : unexpected(error);
  // Whatever a message's later lines look like, they are its own.
  const [first, ...more] = known.message.split("\n");
  return [
    `error ${known.code}: ${first}`,
    ...more.map((line) => `  | ${line}`),
    `  what to do: ${known.fix}`,
    ...(debug ? stacks(error) : []),
  ];
}

function unexpected(error: unknown): SheafError {
  const message = error instanceof Error ? error.message : String(error);
  return new SheafError("UNEXPECTED", message.split("\n")[0]!, { cause: error });
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [...(error.stack ?? error.message).split("\n"), ...stacks(error.cause)];
}
