import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { ERRORS, SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { ensureNative } from "../native/build.ts";

/**
 * Runs a plan in a process of its own.
 *
 * @param plan path of the plan
 * @param inputs of the circuit, in its order, 32 bytes little-endian each
 * @param wtns path of the file to write
 * @throws SheafError WITNESS_FAILED if the inputs do not satisfy the circuit, ARTIFACT_CORRUPT if the plan is damaged,
 * FILE_UNWRITABLE, NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED, NATIVE_CRASHED
 */
export async function executePlan(plan: string, inputs: Uint8Array, wtns: string): Promise<void> {
  const executable = await ensureNative("sheaf-witness");
  const file = await open(wtns, "w").catch((error: unknown) => {
    throw new SheafError("FILE_UNWRITABLE", `cannot write ${wtns}`, { cause: error });
  });
  try {
    const child = spawn(executable, [plan], { stdio: ["pipe", file.fd, "pipe"] });
    const ended = new Promise<number | NodeJS.Signals>((done, fail) => {
      child.on("error", fail);
      child.on("close", (code, signal) => done(code ?? signal!));
    });
    const messages: Buffer[] = [];
    child.stderr!.on("data", (chunk: Buffer) => messages.push(chunk));
    child.stdin!.on("error", () => undefined); // it may fail before it has read all
    child.stdin!.end(inputs);
    const end = await ended;
    if (end !== 0) throw failure(Buffer.concat(messages).toString(), end);
  } finally {
    await file.close();
  }
}

function failure(message: string, end: number | NodeJS.Signals): SheafError {
  try {
    const { error, message: text } = JSON.parse(message) as { error: string; message: string };
    if (Object.hasOwn(ERRORS, error)) return new SheafError(error as ErrorCode, text);
  } catch {
    // Not one line of JSON: it ended without saying why.
  }
  return new SheafError("NATIVE_CRASHED", `sheaf-witness ended with ${end}${message && `: ${message.trim()}`}`);
}
