import { visible } from "../../protocol/visible.ts";

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
