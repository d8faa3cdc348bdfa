import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { BATCH_HEADER, LEAST_GAS, SIZE_NOTE } from "../cli/demo.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Rows of the table in a Markdown text that has a column of this name, by their columns' names. */
function rowsOf(text: string, column: string): readonly Readonly<Record<string, string>>[] {
  const cells = (line: string): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const tables = text.split("\n\n").map((part) =>
    part
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map(cells),
  );
  const [names, , ...rows] = tables.find(([names]) => names?.includes(column))!;
  return rows.map((row) => Object.fromEntries(names!.map((name, place) => [name, row[place]!])));
}

describe("README", () => {
  let text: string;
  before(async () => (text = await readFile(join(ROOT, "README.md"), "utf8")));

  it("shows the fixture in less than 20 lines, which the package's test runs", () => {
    const [, example] = /```ts\n(import [^]+?)```/.exec(text)!;
    expect(example!.trimEnd().split("\n")).to.have.length.below(20);
  });

  it("says what a transfer costs as docs/performance.md has it", async () => {
    const measured = await readFile(join(ROOT, "docs/performance.md"), "utf8");
    const [sizes, proofs] = [rowsOf(measured, "gas a transfer"), rowsOf(measured, "proof, native")];
    const told = rowsOf(text, "proof time a transfer");
    expect(told.map((row) => row["a full batch"])).to.deep.equal(["batch-4", "batch-64", "batch-320"]);
    for (const row of told) {
      const size = sizes.find((known) => known["size"] === row["a full batch"])!;
      const proof = proofs.find((known) => known["size"] === row["a full batch"])!["proof, native"]!;
      expect(row["gas a transfer"]).to.equal(size["gas a transfer"]);
      expect(row["its proof"]).to.equal(proof);
      const share = (parseFloat(proof) * 1000) / Number(size["transfers"]);
      expect(row["proof time a transfer"]).to.equal(`${Math.round(share)} ms`);
    }
    const gas = (name: string): number =>
      Number(sizes.find(({ size }) => size === name)!["gas a transfer"]!.replace(",", ""));
    expect(LEAST_GAS).to.equal(gas("batch-320"));
    expect([gas("batch-4") > 21_000, gas("batch-16") < 21_000]).to.deep.equal([true, true]);
  });

  it("says what a transfer costs in a call of several batches as it is measured", async () => {
    const [, small, large] = /8 together take ([\d,]+) gas a transfer of batch-64, and (\d+) of\s+batch-320/.exec(
      text,
    )!;
    const gas = JSON.parse(await readFile(join(ROOT, "test/contracts/gas.json"), "utf8")) as Record<string, number>;
    const [, inBlob] = /go into blobs, 8 together take (\d+) of batch-320/.exec(text)!;
    expect(Number(inBlob)).to.equal(gas["a transfer in batch-320, 8 in a call, in a blob"]);
    const measured = [64, 320].map((size) => gas[`a transfer in batch-${size}, 8 in a call`]!.toLocaleString("en"));
    expect([small, large]).to.deep.equal(measured);
  });

  it("says which version it is, and shows the demonstration's table with a word on each column", async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(text).to.include(`version ${version}, tested, and not audited`);
    const [, shown, explained] = /```\n(batch {2}size[^]*?)```\n([^]*?)> The demonstration's keys/.exec(text)!;
    const columns = (line: string): string[] => line.split(/ {2,}/);
    const lines = shown!.split("\n");
    expect(columns(lines[0]!)).to.deep.equal(BATCH_HEADER);
    const holdings = columns(lines.find((line) => line.startsWith("wallet"))!).slice(2);
    const named = new Set([...explained!.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect([...named]).to.have.members([...BATCH_HEADER, ...holdings]);
    expect(shown).to.include(SIZE_NOTE);
  });

  it("names no file or folder that is not there", () => {
    const tree = /```\nsheaf\/\n([^]*?)```/.exec(text)![1]!;
    const path: string[] = [];
    const names = tree
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [, indent, name] = /^( +)(\S+)/.exec(line)!;
        path.splice(indent!.length / 2 - 1, Infinity, name!);
        return path.join("/");
      });
    expect(names).to.have.length.above(10);
    expect(names.filter((name) => !existsSync(join(ROOT, name)))).to.deep.equal([]);
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !/^https?:/.test(link) && !existsSync(join(ROOT, link)))).to.deep.equal([]);
  });

  it("names commands, worlds and files for contributors that are there", async () => {
    const contributing = await readFile(join(ROOT, "CONTRIBUTING.md"), "utf8");
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const commands = [...contributing.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name!);
    expect(commands).to.include.members(["types", "lint", "format", "check"]);
    expect(commands.filter((name) => !(name in scripts))).to.deep.equal([]);
    const index = await readFile(join(ROOT, "test/support/README.md"), "utf8");
    const worlds = [...index.matchAll(/(?:`(\w+)`(?: in |, ))?`([\w/-]+\.ts)`/g)].map(([, name, file]) => ({
      ...{ name: name ?? "", file: `test/support/${file}` },
    }));
    expect(worlds).to.have.length.above(12);
    const files = [...contributing.matchAll(/(?:test|docs|scripts|protocol)\/[\w/.-]+\.\w+/g)].map(([file]) => file);
    expect(files).to.have.length.above(4);
    expect([...worlds.map(({ file }) => file), ...files].filter((file) => !existsSync(join(ROOT, file)))).to.be.empty;
    const sources = await Promise.all(worlds.map(({ file }) => readFile(join(ROOT, file), "utf8")));
    expect(worlds.filter(({ name }, place) => !sources[place]!.includes(name))).to.be.empty;
  });
});
