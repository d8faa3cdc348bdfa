import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect } from "chai";
import { GENERATED } from "../scripts/generate/index.ts";

describe("generated files", () => {
  for (const [path, text] of Object.entries(GENERATED)) {
    it(`are what \`npm run generate\` writes: ${path}`, async () => {
      expect(await readFile(resolve(import.meta.dirname, "..", path), "utf8")).to.equal(await text());
    });
  }
});
