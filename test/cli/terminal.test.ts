import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";

const SUPPORT = resolve(import.meta.dirname, "../../cli/support");
const [SHOW_CURSOR, WRAP_LINES] = ["\x1b[?25h", "\x1b[?7h"];

describe("commands on a terminal", () => {
  it("end at Ctrl-C with the cursor there again that a progress bar took away", async () => {
    const work = "withProgress('work', (onProgress) => new Promise((done) => setTimeout(done, 1e9)))";
    const program = start("progress.ts", work);
    await program.says("work ");
    program.child.kill("SIGINT");
    expect(await program.end()).to.equal(130);
    const [hidden, shown] = ["\x1b[?25l", SHOW_CURSOR].map((code) => program.output.lastIndexOf(code));
    expect(hidden).to.be.above(-1).and.below(shown!);
    expect(program.output).to.include(WRAP_LINES);
  });

  it("end at Ctrl-C while they ask for a password", async () => {
    const program = start("terminal.ts", "askHidden('password')");
    await program.says("password: ");
    program.child.stdin.write("\x03");
    expect(await program.end()).to.equal(130);
    expect(program.output).to.equal("password: \n");
  });

  it("ask for a password that nobody sees, and take an end of the input for an empty one", async () => {
    for (const [typed, given] of [
      ["correct horse\r", "correct horse"],
      ["\x04", ""],
    ] as const) {
      const program = start(
        "terminal.ts",
        "askHidden('password').then((it) => process.stdout.write(`<${it.length}>`))",
      );
      await program.says("password: ");
      program.child.stdin.write(typed);
      expect(await program.end()).to.equal(0);
      expect(program.output).to.equal(`password: \n<${given.length}>`);
    }
  });

  it("ask before what needs a word, and take nothing but yes for it", async () => {
    for (const [typed, given] of [
      ["y\r", true],
      ["Yes\r", true],
      ["\r", false],
      ["yeah\r", false],
      ["\x04", false],
    ] as const) {
      const program = start("terminal.ts", "confirm('Go on?').then((it) => process.stdout.write(`<${it}>`))");
      await program.says("Go on? [y/N] ");
      program.child.stdin.write(typed);
      expect(await program.end()).to.equal(0);
      expect(program.output, JSON.stringify(typed)).to.include(`<${given}>`);
    }
  });
});

/** Runs a function of the command line's in a process that takes its input and output for a terminal. */
function start(file: string, call: string) {
  const script = `
    for (const stream of [process.stdin, process.stderr]) stream.isTTY = true;
    const { ${/^\w+/.exec(call)![0]} } = await import(${JSON.stringify(pathToFileURL(resolve(SUPPORT, file)).href)});
    await ${call};
    process.exit();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "pipe" });
  const ended = once(child, "close").then(([code]) => code as number | null);
  let heard = (): void => undefined;
  const program = {
    child,
    output: "",
    end: () => ended,
    async says(text: string): Promise<void> {
      while (!program.output.includes(text)) await new Promise<void>((done) => (heard = done));
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      program.output += chunk.toString("utf8");
      heard();
    });
  }
  return program;
}
