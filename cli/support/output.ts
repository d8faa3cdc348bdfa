/** Tells the user something that is not the command's result. Results alone go to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints a command's result: as JSON on stdout with `--json`, as the given text otherwise. Bigints become decimal strings. */
export function printResult(json: boolean | undefined, result: unknown, text: () => string): void {
  process.stdout.write(json === true ? `${toJson(result)}\n` : `${text()}\n`);
}

/** JSON with two spaces' indentation; bigints become decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part), 2);
}

/** A table of plain text: a header, then rows; columns of numbers are aligned to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const numeric = header.map((_, column) => rows.every((row) => /^[\d.,-]*( (s|ms|%))?$/.test(row[column]!)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
