import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { StateFolder } from "../../devnet/state-folder.ts";
import { expectCode } from "../support/errors.ts";

describe("folder of ./sheaf dev", () => {
  const original = process.env["TMPDIR"];
  let temporary: string;
  before(async () => (process.env["TMPDIR"] = temporary = await mkdtemp(join(tmpdir(), "sheaf-"))));
  after(async () => {
    if (original === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = original;
    await rm(temporary, { recursive: true });
  });

  it("goes, without a name, with the next start where its process was killed", async () => {
    const { path, isKept } = await StateFolder.open(undefined);
    expect(isKept).to.equal(false);
    const own = basename(path);
    const killed = own.replace(`-${process.pid}-`, `-${spawnSync(process.execPath, ["--version"]).pid}-`);
    await mkdir(join(temporary, killed, "node"), { recursive: true });
    await mkdir(join(temporary, "sheaf-dev-other-machine-1-x"));
    const next = await StateFolder.open(undefined);
    expect(await readdir(temporary)).to.have.members([own, basename(next.path), "sheaf-dev-other-machine-1-x"]);
  });

  it("is made where it is named, unless that is a file", async () => {
    const named = join(temporary, "named/deep");
    expect(await StateFolder.open(named)).to.deep.include({ path: named, isKept: true });
    await writeFile(join(temporary, "file"), "");
    const error = await expectCode("FILE_UNWRITABLE", () => StateFolder.open(join(temporary, "file")));
    expect(error.message).to.include("--state");
  });
});
