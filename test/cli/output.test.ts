import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { describeError } from "../../cli/support/failure.ts";
import { table } from "../../cli/support/output.ts";
import { SheafError } from "../../protocol/errors.ts";
import { expectFailure, runProgram } from "../support/cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "cli", "main.ts");

describe("what commands print", () => {
  it("is shown escaped where others wrote it, within its line or cell", async () => {
    const evil = "x\x1b[31m\u202e";
    const stderr = await expectFailure("FILE_UNREADABLE", ["batch", "check", `${evil}\nerror USAGE: all is lost`]);
    expect(stderr).to.include("x\\x1b[31m\\u{202e}\n  | error USAGE");
    expect(await expectFailure("USAGE", [evil])).to.include("x\\x1b[31m\\u{202e}");
    expect(
      table(
        ["name", "of"],
        [
          ["a\nb", "\x9b"],
          ["longest", "1"],
        ],
      ),
    ).to.deep.equal([...["name     of", "-------  ----", "a\\nb     \\x9b", "longest  1"]]);
    const [first, second] = describeError(new SheafError("USAGE", "one\n  what to do: pay me"), false);
    expect([first, second]).to.deep.equal(["error USAGE: one", "  |   what to do: pay me"]);
  });

  it("is written, or the command has failed", async function () {
    if (!existsSync("/dev/full")) this.skip();
    for (const command of ["batch example", "--help"]) {
      const full = `exec "$0" --disable-warning=ExperimentalWarning "$1" ${command} > /dev/full`;
      const { exitCode, stderr } = await runProgram("/bin/sh", ["-c", full, process.execPath, MAIN]);
      expect(exitCode, command).to.equal(1);
      expect(stderr).to.match(/^error FILE_UNWRITABLE: .+\n {2}what to do: .+\n$/);
    }
  });

  it("matters on stdout only: notes that nobody can read do not stop a command", async function () {
    if (!existsSync("/dev/full")) this.skip();
    const full = 'exec "$0" "$1" batch example 2> /dev/full';
    const { exitCode, stdout } = await runProgram("/bin/sh", ["-c", full, process.execPath, MAIN]);
    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout)).to.be.an("object");
  });

  it("ends quietly when its reader leaves", async () => {
    const child = spawn(process.execPath, [MAIN, "batch", "example", "--size", "rush-16"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
    const exitCode = await new Promise((done) => child.on("close", done));
    expect({ exitCode, stderr: stderr.replace(/^\(node.*\n.*\n/, "") }).to.deep.equal({ exitCode: 141, stderr: "" });
  });
});
