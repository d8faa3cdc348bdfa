import { SheafError } from "../../protocol/errors.ts";

/** An error for the terminal: its code, what happened and why, what to do; with `debug` the stacks of it and its causes. */
export function describeError(error: unknown, debug: boolean): string {
  const known = error instanceof SheafError ? error : unexpected(error);
  const lines = [`error ${known.code}: ${known.message}`, `  what to do: ${known.fix}`];
  if (debug) lines.push(...stacks(error));
  return `${lines.join("\n")}\n`;
}

function unexpected(error: unknown): SheafError {
  const message = error instanceof Error ? error.message : String(error);
  return new SheafError("UNEXPECTED", message.split("\n")[0]!, { cause: error });
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [error.stack ?? error.message, ...stacks(error.cause)];
}
