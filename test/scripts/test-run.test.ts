import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT } from "../../lib/root.ts";
import { needsOf } from "../../scripts/test/needs.ts";
import { allTests, inOrder } from "../../scripts/test/run.ts";
import { sheaf } from "../support/cli.ts";
import { expectCode } from "../support/errors.ts";

const needs = async (...files: string[]): Promise<string[]> => (await needsOf(files)).map(({ name }) => name);

describe("order of all tests", () => {
  it("has each file once", async function () {
    // As of an archive without a repository.
    if (!existsSync(join(ROOT, ".git"))) this.skip();
    const tracked = execFileSync("git", ["ls-files", "test"], { cwd: ROOT, encoding: "utf8" }).split("\n");
    const files = await allTests();
    expect(files).to.include.members(
      tracked.filter((file) => file.endsWith(".test.ts") && existsSync(join(ROOT, file))),
    );
    expect(inOrder(files)).to.have.members(files).and.to.have.length(files.length);
  });

  it("mixes what waits and what computes, whole systems first", () => {
    const waiting = ["cli/a", "cli/b", "e2e/c", "e2e/d"].map((name) => `test/${name}.test.ts`);
    const computing = ["circuits/e", "circuits/f"].map((name) => `test/${name}.test.ts`);
    const [a, b, c, d] = waiting;
    expect(inOrder([...waiting, ...computing])).to.deep.equal([c, computing[0], d, a, computing[1], b]);
  });
});

describe("run of named tests", () => {
  it("builds nothing for tests of the protocol", async () => {
    expect(await needs("test/protocol/words.test.ts", "test/http/event-stream.test.ts")).to.deep.equal([]);
  });

  it("builds what they and their imports need", async () => {
    expect(await needs("test/contracts/storage.test.ts")).to.deep.equal(["contracts"]);
    expect(await needs("test/prover/setup/development.test.ts")).to.deep.equal(["native code"]);
    expect(await needs("test/prover/artifacts/artifacts.test.ts")).to.deep.equal(["native code", "circuit and keys"]);
  });

  it("builds everything where a test starts programs", async () => {
    expect(await needs("test/cli/batch.test.ts")).to.deep.equal(["native code", "circuit and keys", "contracts"]);
  });

  it("runs them, and nothing else", async () => {
    const { exitCode, stdout } = await sheaf(["test", "test/protocol/float.test.ts", "--grep", "finds the nearest"]);
    expect(exitCode, stdout).to.equal(0);
    expect(stdout).to.match(/ok {5}tests \([\d.]+ s\)\n[1-9] passed, 0 failed$/m);
    expect(stdout).not.to.match(/types|lint|format/);
  });

  it("refuses files that are not there, and to watch none", async () => {
    const { message } = await expectCode("FILE_UNREADABLE", () => needsOf(["test/protocol/nowhere.test.ts"]));
    expect(message).to.include("nowhere.test.ts");
    const watched = await sheaf(["test", "--watch"]);
    expect(watched.exitCode).not.to.equal(0);
    expect(watched.stderr).to.include("FIELD_INVALID: --watch needs the files of tests to watch");
  });
});
