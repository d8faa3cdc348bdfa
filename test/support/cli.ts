import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { expect } from "chai";
import type { ErrorCode } from "../../protocol/errors.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with its output kept. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd = ROOT, env = process.env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<CliResult> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString("utf8")));
    child.on("error", fail);
    child.on("close", (exitCode) => done({ exitCode, ...output }));
  });
}

/** Runs a command as `./sheaf` does, without the launcher; relative paths start at `cwd`. */
export function sheaf(args: readonly string[], cwd = ROOT): Promise<CliResult> {
  return runProgram(process.execPath, [join(ROOT, "cli", "main.ts"), ...args], { cwd });
}

/** Runs a command and expects that it succeeds. Returns what it printed on stdout. */
export async function expectSuccess(args: readonly string[], cwd?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await sheaf(args, cwd);
  expect(exitCode, stderr).to.equal(0);
  return stdout;
}

/** Runs a command and expects this error: its code and what to do on stderr, nothing on stdout. Returns stderr. */
export async function expectFailure(code: ErrorCode, args: readonly string[], cwd?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await sheaf(args, cwd);
  expect(stderr).to.match(new RegExp(`^error ${code}: .+\n(.+\n)*  what to do: .+\n$`, "m"));
  expect(stdout).to.equal("");
  expect(exitCode).to.equal(1);
  return stderr;
}
