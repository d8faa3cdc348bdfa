import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { ERRORS } from "../protocol/errors.ts";

const ROOT = resolve(import.meta.dirname, "..");
const SOURCES = [
  "sheaf",
  "{lib,protocol,http,l1,api,prover,node,wallet,web,fixture,deploy,devnet,bench,cli,scripts}/**/*.{ts,tsx,cpp}",
];

describe("catalogue of errors", () => {
  it("has no code that nothing raises", async () => {
    let text = "";
    for await (const path of glob(SOURCES, { cwd: ROOT })) {
      if (path !== "protocol/errors.ts") text += await readFile(join(ROOT, path), "utf8");
    }
    const unused = Object.keys(ERRORS).filter((code) => !new RegExp(`"${code}"|\\bfail ${code}\\b`).test(text));
    expect(unused).to.deep.equal([]);
  });

  it("says in a sentence what to do", () => {
    for (const fix of Object.values(ERRORS)) expect(fix).to.match(/^[A-Z`].*[.@0-9]$/);
  });
});
