import { format } from "node:util";
import { Option } from "commander";
import { destination, pino, type Logger } from "pino";
import { errorText } from "../../lib/error-text.ts";
import { visible } from "../../protocol/visible.ts";
import { coded } from "./failure.ts";
import { sayTo } from "./output.ts";

const FORMATS = ["text", "json"] as const;
type LogFormat = (typeof FORMATS)[number];

/** What a command that runs until it is stopped is told of its log. */
export interface LogOptions {
  readonly log: string;
  readonly logFormat?: LogFormat | undefined;
}

export const logLevelOption = (): Option =>
  new Option("--log <level>", "how much is logged on stderr")
    .choices(["silent", "error", "warn", "info", "debug"])
    .default("info");

export const logFormatOption = (): Option =>
  new Option("--log-format <format>", "of all that stderr gets (default: text on a terminal, json elsewhere)").choices(
    FORMATS,
  );

const LEVELS: Readonly<Record<number, string>> = { 40: "WARN", 50: "ERROR", 60: "FATAL" };
/** What every line of pino's has. */
interface Entry {
  readonly time: number;
  readonly level: number;
  readonly msg?: string;
  readonly err?: { readonly code?: string; readonly message?: string };
  readonly [field: string]: unknown;
}

/** A line of pino's JSON as a line for people: the time, what happened, then what belongs to it as `name=value`. */
export function logLine(json: string): string {
  const { time, level, msg = "", err, ...fields } = JSON.parse(json) as Entry;
  const error = err === undefined ? {} : { error: [err.code, err.message].filter(Boolean).join(": ") };
  const parts = Object.entries({ ...fields, ...error }).map(([name, value]) => `${name}=${textOf(value)}`);
  const clock = new Date(time).toTimeString().slice(0, 8);
  const head = [clock, LEVELS[level], visible(msg)].filter(Boolean).join(" ");
  return `${[head, ...parts].join("  ")}\n`;
}

const textOf = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return visible(/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text));
};

/** The format that is asked for, or fits where stderr goes. */
export const logFormatOf = ({ logFormat }: Pick<LogOptions, "logFormat">): LogFormat =>
  logFormat ?? (process.stderr.isTTY ? "text" : "json");

export function openLog(options: LogOptions): Logger {
  // Line after line: a line that is written in the background may come after the reason of the end.
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
    log.fatal({ code, fix, err: error }, errorText(error));
    // Work that still ends says nothing after the reason.
    log.level = "silent";
    process.exitCode = 1;
  };
  // Node's own listener would write lines of text.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => log.warn({ warning: name }, message));
  if (isJson) {
    // A failure beside the work ends the process as it does elsewhere, but not in text.
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
