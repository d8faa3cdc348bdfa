import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";

const ROOT = resolve(import.meta.dirname, "../..");

/** What Node.js 20 does not have, of what Node.js 24 does: 22 brought the first, 24 the last. */
const NEWER = [
  ...["Map.groupBy", "Object.groupBy", "Promise.withResolvers", "Array.fromAsync", "URL.parse", "Promise.try"],
  ...["Error.isError", "RegExp.escape", "node:sqlite", "await using"],
  ...[".values().map(", ".values().filter(", ".keys().map(", ".entries().map(", ".toArray()"],
];

/** The source files that the package's exports reach. */
function reached(): ReadonlySet<string> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Readonly<Record<string, { readonly default?: string }>>;
  };
  const files = new Set<string>();
  const reach = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, path] of text.matchAll(/(?:from|import|new URL)\s*\(?\s*"(\.[^"]+\.ts)"/g)) {
      const other = join(dirname(file), path!);
      if (existsSync(other)) reach(other);
    }
  };
  const entries = Object.values(exports).flatMap((entry) => entry.default ?? []);
  for (const entry of entries) reach(join(ROOT, entry.replace("./dist/", "").replace(/\.js$/, ".ts")));
  return files;
}

describe("package.json's engines", () => {
  it("are true of what the package's exports reach: nothing of it is newer than Node.js 20", () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { engines: { node: string } };
    expect(engines.node).to.equal(">=20.19");
    const files = [...reached()];
    expect(files).to.have.length.above(80);
    const newer = files.flatMap((file) => {
      const code = readFileSync(file, "utf8").replace(/^\s*\/\/.*$/gm, "");
      return NEWER.filter((name) => code.includes(name)).map((name) => `${file}: ${name}`);
    });
    expect(newer).to.deep.equal([]);
  });
});
