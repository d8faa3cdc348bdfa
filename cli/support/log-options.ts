import { Option } from "commander";

const FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof FORMATS)[number];

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
