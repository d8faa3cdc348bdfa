/** A line of a source that reverts: its file, and its number from 1. */
export interface Revert {
  readonly file: string;
  readonly line: number;
}

/** Every line with a revert in sources by path, comments left out. */
export function revertsIn(sources: ReadonlyMap<string, string>): readonly Revert[] {
  return [...sources].flatMap(([file, source]) =>
    source.split("\n").flatMap((text, i) => (/^[^/*]*\brevert\b/.test(text) ? [{ file, line: i + 1 }] : [])),
  );
}

/**
 * Those of them that no test has reached.
 *
 * @param lcov Hardhat's report, which counts a line as often as the statement in it that was executed least
 */
export function unreached(reverts: readonly Revert[], lcov: string): readonly Revert[] {
  const reached = new Set<string>();
  let file = "";
  for (const row of lcov.split("\n")) {
    if (row.startsWith("SF:")) file = row.slice("SF:".length);
    const [, line, count] = /^DA:(\d+),(\d+)/.exec(row) ?? [];
    if (Number(count) > 0) reached.add(`${file}:${line}`);
  }
  return reverts.filter(({ file, line }) => !reached.has(`${file}:${line}`));
}
