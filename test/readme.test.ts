import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "chai";

const ROOT = resolve(import.meta.dirname, "..");

describe("README", () => {
  let text: string;
  before(async () => (text = await readFile(join(ROOT, "README.md"), "utf8")));

  it("shows the fixture in less than 20 lines, which the package's test runs", () => {
    const [, example] = /```ts\n(import [^]+?)```/.exec(text)!;
    expect(example!.trimEnd().split("\n")).to.have.length.below(20);
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
});
