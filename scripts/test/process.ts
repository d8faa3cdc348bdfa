import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "../../lib/root.ts";
import type { Step } from "./steps.ts";

/** Runs a step in the repository, with its output passed on, and kept. */
export function run(
  { command }: Step,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly succeeded: boolean; readonly output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, command, {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.on("error", fail);
    child.on("close", (code) => {
      done({ succeeded: code === 0, output: stripVTControlCharacters(Buffer.concat(chunks).toString("utf8")) });
    });
  });
}
