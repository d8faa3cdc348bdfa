import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect } from "chai";
import { CommanderError } from "commander";
import { programFor } from "../../cli/main.ts";
import { expectFailure, expectSuccess, sheaf } from "../support/cli.ts";

const COMMANDS = [
  ...["", "demo", "test", "bench", "prove", "verify", "deploy", "verify-deployment", "dev", "node"],
  ...["restore", "propose", "exit", "refund", "watch"],
  ...["setup", "setup contribute", "setup beacon", "setup verify"],
  ...["circuit", "circuit info", "batch", "batch example", "batch check"],
  ...["prover", "prover serve", "prover worker", "prover load"],
  ...["wallet", "wallet new", "wallet import", "wallet show"],
  ...["deposit", "transfer", "withdraw", "pull", "status"],
].map((words) => words.split(" ").filter((word) => word !== ""));

/** Help as the program prints it, in this process: with one for each command this would be half a minute's work. */
async function helpOf(command: readonly string[]): Promise<string> {
  const args = [...command, "--help"];
  let help = "";
  const program = await programFor(args, (text) => (help += text));
  const error: unknown = await program.parseAsync(args, { from: "user" }).catch((error: unknown) => error);
  expect(error).to.be.instanceOf(CommanderError);
  expect(error).to.deep.include({ code: "commander.helpDisplayed", exitCode: 0 });
  return help;
}

describe("sheaf --help", () => {
  let list: string;
  before(async () => (list = await expectSuccess(["--help"])));

  for (const command of COMMANDS) {
    it(`explains: sheaf ${command.join(" ")}`, async () => {
      const help = await helpOf(command);
      expect(help).to.match(new RegExp(`^Usage: ${["sheaf", ...command].join(" ")} `));
      expect(help).to.include("--help");
      if (command.length !== 1) return;
      // The list has a command's usage without loading it. It leaves out what belongs to subcommands.
      const [, usage] = /^Usage: sheaf (.*)$/m.exec(help)!;
      const [term] = usage!.split(/(?: \[options\])? \[command\]/);
      expect(list).to.include(`\n  ${term} `);
    });
  }

  it("is all that a process prints, with success", async () => {
    for (const command of [["deposit"], ["wallet", "new"]]) {
      expect(await expectSuccess([...command, "--help"])).to.equal(await helpOf(command));
    }
  });

  it("stands beside the version, which is the package's", async () => {
    const { version } = JSON.parse(await readFile(resolve(import.meta.dirname, "../../package.json"), "utf8")) as {
      version: string;
    };
    expect(await expectSuccess(["--version"])).to.equal(`${version}\n`);
    expect(list).to.include("--version");
  });

  it("is there for every command that the program lists", () => {
    const listed = list.matchAll(/^ {2}([a-z][a-z-]*) .*$/gm);
    const names = [...listed].map(([, name]) => name);
    const covered = new Set(COMMANDS.map(([name]) => name).filter((name) => name !== undefined));
    expect(names).to.have.members([...covered, "help"]);
  });

  it("lists every option that the tutorial for a testnet, the ceremony and security.md type", async () => {
    const texts = ["testnet.md", "setup.md", "security.md"].map((name) =>
      readFile(resolve(import.meta.dirname, "../../docs", name), "utf8"),
    );
    const lines = (await Promise.all(texts))
      .flatMap((text) => [...text.matchAll(/^```sh\n([^]*?)^```$/gm)])
      .flatMap(([, block]) => block!.split("\n").map((line) => line.trim()));
    const typed = lines.filter((line) => line.startsWith("./sheaf "));
    expect(typed).to.have.length.above(10);
    const helps = new Map<string, string>();
    for (const line of typed) {
      const [, command] = /^\.\/sheaf ([a-z-]+( [a-z]+(?= |$))*)/.exec(line)!;
      const help = helps.get(command!) ?? (await helpOf(command!.split(" ")));
      helps.set(command!, help);
      for (const [option] of line.matchAll(/--[a-z-]+/g))
        expect(help, line).to.match(new RegExp(`^ .*${option}\\b`, "m"));
    }
  });

  it("is shown, without success, where a command is missing", async () => {
    for (const command of [[], ["batch"], ["circuit"]]) {
      const { exitCode, stdout, stderr } = await sheaf(command);
      expect(exitCode).to.equal(1);
      expect(stdout).to.equal("");
      expect(stderr).to.match(/^Usage: sheaf/);
    }
  });

  it("is pointed to by errors of usage", async () => {
    await expectFailure("USAGE", ["frobnicate"]);
    await expectFailure("USAGE", ["prove", "--frobnicate"]);
    await expectFailure("USAGE", ["prove", "--out", "nowhere"]);
    await expectFailure("USAGE", ["batch", "check"]);
    await expectFailure("USAGE", ["setup", "contribute", "--ptau", "x"]);
    await expectFailure("USAGE", ["dev", "--port", "65536"]);
    await expectFailure("SIZE_UNKNOWN", ["batch", "example", "--size", "batch-5"]);
    await expectFailure("FIELD_INVALID", ["test", "--seed", "one"]);
  });
});
