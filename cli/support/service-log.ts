import { format } from "node:util";
import { destination, pino, type Logger } from "pino";
import { coded } from "./coded.ts";
import { logLine } from "./log-line.ts";
import type { LogFormat, LogOptions } from "./log-options.ts";
import { sayTo } from "./output.ts";

/** The format that is asked for, or fits where stderr goes. */
export const logFormatOf = ({ logFormat }: Pick<LogOptions, "logFormat">): LogFormat =>
  logFormat ?? (process.stderr.isTTY ? "text" : "json");

export function openLog(options: LogOptions): Logger {
  // Line after line: what is written in the background may come after the reason of the end.
  const stderr = destination({ dest: 2, sync: true });
  if (logFormatOf(options) === "json") return pino({ level: options.log }, stderr);
  // A person knows which process this is.
  return pino({ level: options.log, base: null }, { write: (line: string) => stderr.write(logLine(line)) });
}

/**
 * Runs a command of which stderr is a log: all that comes there has its format, notes, Node's warnings and the error that
 * ends it among them.
 */
export async function runLogged(options: LogOptions, work: (log: Logger) => Promise<void>): Promise<void> {
  const log = openLog(options);
  const isJson = logFormatOf(options) === "json";
  const fatal = (error: unknown): void => {
    const { code, fix } = coded(error);
    log.fatal({ code, fix, err: error }, error instanceof Error ? error.message : String(error));
    // What still ends says nothing after the reason.
    log.level = "silent";
    process.exitCode = 1;
  };
  // Node's own listener would write lines of text.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => log.warn({ warning: name }, message));
  if (isJson) {
    // What fails beside the work ends the process as it does elsewhere, but not in text.
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => {
      fatal(error);
      process.exit();
    });
  }
  sayTo(log);
  // Libraries speak by it: BullMQ of a Redis that drops what it holds.
  const [info, warn, error] = (["info", "warn", "error"] as const).map(
    (level) =>
      (...words: unknown[]) =>
        log[level](format(...words)),
  );
  Object.assign(console, { log: info, info, warn, error });
  try {
    await work(log);
  } catch (error) {
    if (!isJson) {
      sayTo(undefined);
      throw error;
    }
    fatal(error);
  }
}
