import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { replaceWhole, writeAllWhole, writeWhole } from "../../../prover/files/whole-files.ts";
import { runProgram } from "../../support/cli.ts";
import { expectCode } from "../../support/errors.ts";
import { newFolder } from "../../support/folders.ts";

const PROVER = resolve(import.meta.dirname, "../../../prover");

/** What writes files for the prover and the deployment, each into a place of its own. */
const WRITERS = {
  writeWhole: `writeWhole(join(folder, "whole"), big)`,
  writeAllWhole: `writeAllWhole(folder, { small: "", big })`,
  replaceWhole: `replaceWhole(join(folder, "replaced"), (draft) => writeFile(draft, big))`,
  ensureFolder: `ensureFolder(join(folder, "folder"), (draft) => writeFile(join(draft, "big"), big))`,
};

describe("a disk that is full", () => {
  it("is told as such by whatever writes, which leaves nothing behind", async function () {
    if (process.platform === "win32") this.skip();
    const folder = newFolder();
    const script = `
      import { writeFile } from "node:fs/promises";
      import { join } from "node:path";
      import { ${Object.keys(WRITERS).join(", ")} } from ${JSON.stringify(pathToFileURL(join(PROVER, "files/whole-files.ts")).href)};
      const [folder, big] = [${JSON.stringify(folder)}, "x".repeat(1 << 20)];
      const codes = [];
      for (const write of [${Object.values(WRITERS)
        .map((call) => `() => ${call}`)
        .join(", ")}]) {
        codes.push(await write().then(() => "written", ({ code }) => code));
      }
      console.log(codes.join(" "));`;
    writeFileSync(join(folder, "script.mjs"), script);
    // Of the file's size, which the system treats as it does a full disk: in kilobytes, or blocks of half that.
    const limited = `ulimit -f 64; exec "$0" --disable-warning=ExperimentalWarning "$1"`;
    const { stdout, stderr } = await runProgram("/bin/sh", [
      "-c",
      limited,
      process.execPath,
      join(folder, "script.mjs"),
    ]);
    expect(stdout.trim(), stderr).to.equal(
      Object.keys(WRITERS)
        .map(() => "FILE_UNWRITABLE")
        .join(" "),
    );
    expect(readdirSync(folder)).to.deep.equal(["script.mjs"]);
    expect(existsSync(join(folder, "folder"))).to.equal(false);
  });
});

describe("what is not a file of its own", () => {
  const writers = (path: string): readonly (() => Promise<unknown>)[] => [
    () => writeWhole(path, "new"),
    () => writeAllWhole(dirname(path), { [basename(path)]: "new" }),
    () => replaceWhole(path, (draft) => writeFile(draft, "new")),
  ];

  it("is written to, and stays", async () => {
    const folder = newFolder();
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    symlinkSync(file, link);
    for (const write of writers(link)) {
      writeFileSync(file, "old");
      await write();
      expect(lstatSync(link).isSymbolicLink()).to.equal(true);
      expect(readFileSync(file, "utf8")).to.equal("new");
    }
  });

  it("is told to be full, if it is", async function () {
    if (!existsSync("/dev/full")) this.skip();
    const link = join(newFolder(), "full");
    symlinkSync("/dev/full", link);
    for (const write of writers(link)) await expectCode("FILE_UNWRITABLE", write);
    expect(lstatSync(link).isSymbolicLink()).to.equal(true);
  });
});
