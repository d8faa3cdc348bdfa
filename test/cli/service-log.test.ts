import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { runProgram } from "../support/cli.ts";

const [LOG, OUTPUT, PROGRESS] = ["log", "output", "progress"].map(
  (name) => pathToFileURL(resolve(import.meta.dirname, `../../cli/support/${name}.ts`)).href,
);

/** Runs work under a log in JSON, in a process of its own; its lines, and how it ended. */
async function logged(work: string) {
  const script = `import { runLogged } from "${LOG}"; await runLogged({ log: "info", logFormat: "json" }, ${work});`;
  const { exitCode, stderr } = await runProgram(process.execPath, ["--input-type=module", "--eval", script]);
  const lines = stderr.trimEnd().split("\n");
  return { exitCode, lines: lines.map((line) => JSON.parse(line) as { level: number; msg: string; code?: string }) };
}

describe("a service's log in JSON", () => {
  it("ends with the reason of the end, whatever is still done after it", async () => {
    const work = `async (log) => {
      log.info("begun");
      setTimeout(() => log.error("still ending"), 50);
      throw new Error("it broke");
    }`;
    const { exitCode, lines } = await logged(work);
    expect(exitCode).to.equal(1);
    expect(lines.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [30, "begun"],
      [60, "it broke"],
    ]);
    expect(lines[1]!.code).to.equal("UNEXPECTED");
  });

  it("has in it what fails beside the work, too", async () => {
    const work = `() => {
      setTimeout(() => { throw Object.assign(new Error("no space"), { code: "ENOSPC" }); });
      return new Promise(() => setTimeout(() => undefined, 60_000));
    }`;
    const { exitCode, lines } = await logged(work);
    expect(exitCode).to.equal(1);
    expect(lines.map(({ level, code }) => [level, code])).to.deep.equal([[60, "FILE_UNWRITABLE"]]);
  });

  it("has in it what libraries say on the console", async () => {
    const { lines } = await logged('async () => { console.log("so it is"); console.warn("eviction is %s", "on"); }');
    expect(lines.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [30, "so it is"],
      [40, "eviction is on"],
    ]);
  });

  it("has in it what commands say elsewhere, and how far long work is", async () => {
    const work = `async () => {
      const { say } = await import("${OUTPUT}");
      const { withProgress } = await import("${PROGRESS}");
      await withProgress("keys", async (onProgress) => onProgress(0.25, "circuit.r1cs"));
      say("two\\nlines");
    }`;
    const { exitCode, lines } = await logged(work);
    expect(exitCode).to.equal(0);
    expect(lines.map(({ level, msg }) => [level, msg.replace(/[\d.]+ s$/, "… s")])).to.deep.equal([
      [30, "keys: 25 %, circuit.r1cs"],
      [30, "keys: done in … s"],
      [30, "two"],
      [30, "lines"],
    ]);
  });
});
