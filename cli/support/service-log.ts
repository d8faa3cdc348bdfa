import { destination, pino, type Logger } from "pino";
import { SheafError } from "../../protocol/errors.ts";
import { logLine } from "./log-line.ts";
import type { LogFormat, LogOptions } from "./log-options.ts";

/** The format that is asked for, or fits where stderr goes. */
export const logFormatOf = ({ logFormat }: Pick<LogOptions, "logFormat">): LogFormat =>
  logFormat ?? (process.stderr.isTTY ? "text" : "json");

export function openLog(options: LogOptions): Logger {
  const stderr = destination(2);
  if (logFormatOf(options) === "json") return pino({ level: options.log }, stderr);
  // A person knows which process this is.
  return pino({ level: options.log, base: null }, { write: (line: string) => stderr.write(logLine(line)) });
}

/**
 * Runs a command of which stderr is a log: all that comes there has its format, Node's warnings and the error that ends it
 * among them.
 */
export async function runLogged(options: LogOptions, work: (log: Logger) => Promise<void>): Promise<void> {
  const log = openLog(options);
  // Node's own listener would write lines of text.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => log.warn({ warning: name }, message));
  try {
    await work(log);
  } catch (error) {
    if (logFormatOf(options) === "text") throw error;
    const { code, fix } = error instanceof SheafError ? error : new SheafError("UNEXPECTED", String(error));
    log.fatal({ code, fix, err: error }, (error as Error).message);
    process.exitCode = 1;
  }
}
