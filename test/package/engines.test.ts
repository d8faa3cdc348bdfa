import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";

const ROOT = resolve(import.meta.dirname, "../..");

/** What Node.js 20 does not have, of what Node.js 22.13 does. */
const OF_22 = [
  ...["Map.groupBy", "Object.groupBy", "Promise.withResolvers", "Array.fromAsync", "URL.parse", "node:sqlite"],
  ...[".values().map(", ".values().filter(", ".keys().map(", ".entries().map(", ".toArray()"],
];
/** What that does not have either, of what Node.js 24 does. */
const OF_24 = ["Promise.try", "Error.isError", "RegExp.escape", "await using"];
const FIXTURE = "./fixture";

const { engines, exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  engines: { node: string };
  exports: Readonly<Record<string, { readonly default?: string }>>;
};

/** The source files that exports of the package reach. */
function reached(names: readonly string[]): readonly string[] {
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
  const entries = names.flatMap((name) => exports[name]!.default ?? []);
  for (const entry of entries) reach(join(ROOT, entry.replace("./dist/", "").replace(/\.js$/, ".ts")));
  return [...files];
}

/** Where files use what is newer than they may. */
const newer = (files: readonly string[], features: readonly string[]): readonly string[] =>
  files.flatMap((file) => {
    const code = readFileSync(file, "utf8").replace(/^\s*\/\/.*$/gm, "");
    return features.filter((name) => code.includes(name)).map((name) => `${file}: ${name}`);
  });

describe("package.json's engines", () => {
  it("are true of what the package's exports reach: nothing of it is newer than Node.js 20, but for the fixture", () => {
    expect(engines.node).to.equal(">=20.19");
    const files = reached(Object.keys(exports).filter((name) => name !== FIXTURE));
    expect(files).to.have.length.above(80);
    expect(newer(files, [...OF_22, ...OF_24])).to.deep.equal([]);
  });

  it("are Hardhat's where the fixture needs Hardhat: nothing that it reaches is newer than Node.js 22.13", async () => {
    const path = join(ROOT, "node_modules/hardhat/dist/src/internal/cli/node-version.js");
    const hardhat = (await import(pathToFileURL(path).href)) as { MIN_SUPPORTED_NODE_VERSION: readonly number[] };
    expect(hardhat.MIN_SUPPORTED_NODE_VERSION).to.deep.equal([22, 13, 0]);
    const files = reached([FIXTURE]);
    expect(files).to.have.length.above(150);
    expect(newer(files, OF_24)).to.deep.equal([]);
  });
});
