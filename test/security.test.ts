import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "chai";

const ROOT = resolve(import.meta.dirname, "..");

describe("docs/security.md", () => {
  it("names a test for each known pitfall", async () => {
    const text = await readFile(join(ROOT, "docs/security.md"), "utf8");
    const table = text.slice(text.indexOf("## Known pitfalls"));
    const rows = [...table.matchAll(/^\| (.+?) +\| `(test\/\S+)` +\| (.+?) +\|$/gm)];
    expect(rows).to.have.length.greaterThan(30);
    for (const [, pitfall, path, title] of rows) {
      expect(await readFile(join(ROOT, path!), "utf8"), pitfall).to.include(title);
    }
  });

  it("names tests that are there", async () => {
    const text = await readFile(join(ROOT, "docs/security.md"), "utf8");
    for (const [, path] of text.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)) await readFile(join(ROOT, path!));
  });
});
