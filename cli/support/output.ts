import { fstatSync, writeFileSync } from "node:fs";
import { isatty } from "node:tty";
import { bigintJson } from "../../lib/json.ts";
import { SheafError } from "../../protocol/errors.ts";
import { visible, visibleJson } from "../../protocol/visible.ts";

// All that commands print goes through here: other people's text is shown escaped, and a failed write is an error.

const [STDOUT, STDERR] = [process.stdout, process.stderr];
/** Exit code of a program that nobody reads any more, as shells have it. */
const BROKEN_PIPE = 141;

/**
 * Lines; a text is one for each line break in it. Within a line of a list, a line break is somebody else's: it is escaped.
 */
export type Lines = string | readonly string[];

/** Where stderr is a service's log: it gets what is said, a line each. */
let log: { readonly info: (line: string) => void } | undefined;

/** Has all that is said go to a log from now on; without one, to stderr again. */
export function sayTo(to: typeof log): void {
  log = to;
}

/** Whether the output goes to a person's terminal, on which a line may be drawn anew. */
export const isDrawable = (): boolean => log === undefined && STDERR.isTTY;

/** Tells the user something that is not the command's result. Results alone go to stdout. */
export function say(lines: Lines): void {
  if (log === undefined) STDERR.write(textOf(lines));
  else for (const line of typeof lines === "string" ? lines.split("\n") : lines) log.info(line);
}

/** Writes a part of a line on the terminal: a question, or a step that is still under way. */
export function sayPart(part: string): void {
  STDERR.write(visible(part));
}

/**
 * Prints a command's result: as JSON on stdout with `--json`, as the given text otherwise. Bigints become decimal strings.
 *
 * @param indentation of JSON; 0 for one line
 * @throws SheafError FILE_UNWRITABLE
 */
export function printResult(json: boolean | undefined, result: unknown, text: () => Lines, indentation = 2): void {
  print(json === true ? `${toJson(result, indentation)}\n` : textOf(text()));
}

/** JSON, by default with two spaces' indentation; bigints become decimal strings. */
export function toJson(value: unknown, indentation = 2): string {
  return visibleJson(bigintJson(value, indentation));
}

const textOf = (lines: Lines): string =>
  (typeof lines === "string" ? lines.split("\n") : lines).map((line) => `${visible(line)}\n`).join("");

/** Writes to stdout as it is. Throws `FILE_UNWRITABLE`. */
export function print(text: string): void {
  if (isStream) STDOUT.write(text);
  else {
    try {
      // The stream would pass over a disk that takes a part of it.
      writeFileSync(STDOUT.fd, text);
    } catch (cause) {
      throw new SheafError("FILE_UNWRITABLE", `cannot write the result: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Whether stdout leads to a terminal or another program: files and devices are written to at once. */
const isStream = isatty(STDOUT.fd) || isPipe(STDOUT.fd);

function isPipe(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket();
}

/** Resolves when whoever reads stdout has it all: the process may end. */
export const printed = (): Promise<void> =>
  isStream ? new Promise((done) => STDOUT.write("", () => done())) : Promise.resolve();

/** Ends the process quietly when nobody reads its result any more; notes that nobody reads do not stop it. */
export function endWithReader(): void {
  STDOUT.on("error", () => process.exit(BROKEN_PIPE));
  STDERR.on("error", () => undefined);
}

/** A table of plain text: a header, then rows; columns of numbers are aligned to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const shown = [header, ...rows].map((cells) => cells.map(visible));
  const widths = header.map((_, column) => Math.max(...shown.map((cells) => widthOf(cells[column]!))));
  const numeric = header.map((_, column) =>
    shown.slice(1).every((cells) => /^[\d.,-]*( (s|ms|%))?$/.test(cells[column]!)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const padding = " ".repeat(widths[column]! - widthOf(cell));
        return numeric[column] ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd();
  const [title, ...body] = shown.map(line);
  return [title!, line(widths.map((width) => "-".repeat(width))), ...body];
}

/** Columns that a text takes: a mark takes none. */
const widthOf = (text: string): number => [...text.replace(/\p{M}/gu, "")].length;
