import type { SheafError } from "../../protocol/errors.ts";

/** An error for the terminal: its code, what happened and why, what to do; with `debug` the stacks of it and its causes. */
export function describeError(error: SheafError, debug: boolean): readonly string[] {
  // Whatever a message's later lines look like, they are its own.
  const [first, ...more] = error.message.split("\n");
  return [
    `error ${error.code}: ${first}`,
    ...more.map((line) => `  | ${line}`),
    `  what to do: ${error.fix}`,
    ...(debug ? stacks(error) : []),
  ];
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [...(error.stack ?? error.message).split("\n"), ...stacks(error.cause)];
}
