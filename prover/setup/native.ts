import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { SheafError } from "../../protocol/errors.ts";
import { ensureNative } from "../native/build.ts";
import { nativeError } from "../native/service.ts";
import type { Progress } from "./progress.ts";

/**
 * As `developmentSetup` in development.ts, with equal keys from equal secrets, in a native process: the secrets are drawn
 * there and never leave it.
 *
 * @throws SheafError NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED, NATIVE_CRASHED, R1CS_MALFORMED, FILE_UNREADABLE,
 * FILE_UNWRITABLE
 */
export async function developmentSetup(r1csPath: string, keyPath: string, onProgress?: Progress): Promise<void> {
  await runSetup(["development", r1csPath, keyPath], keyPath, onProgress);
}

/**
 * Makes the first key of a ceremony, byte for byte as `zKey.newZKey` of snarkjs does, in a native process.
 *
 * @param ptauPath powers of tau, prepared for phase 2
 * @throws SheafError PTAU_MALFORMED, PTAU_TOO_SMALL, and the codes of `developmentSetup`
 */
export async function firstKey(
  r1csPath: string,
  ptauPath: string,
  keyPath: string,
  onProgress?: Progress,
): Promise<void> {
  await runSetup(["groth16", r1csPath, ptauPath, keyPath], keyPath, onProgress);
}

async function runSetup(args: readonly string[], keyPath: string, onProgress: Progress = () => {}): Promise<void> {
  await runSetupProcess(await ensureNative("sheaf-setup"), args, { keyPath, onProgress });
  onProgress(1, "done");
}

interface SetupProcess {
  /** Where the process writes; what it leaves beside when it is killed is removed. */
  readonly keyPath: string;
  readonly onProgress: Progress;
  readonly input?: Uint8Array;
}

/** Runs a setup executable to its end. For `runSetup` and tests. */
export async function runSetupProcess(
  executable: string,
  args: readonly string[],
  { keyPath, onProgress, input }: SetupProcess,
): Promise<void> {
  const child = spawn(executable, args, { stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => undefined).end(input);
  const lines = createInterface(child.stdout).on("line", (line) => {
    const { progress, phase } = JSON.parse(line) as { progress: number; phase: string };
    onProgress(progress, phase);
  });
  const linesRead = new Promise((resolve) => lines.once("close", resolve));
  const end = await new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  if (end === "exit code 0") {
    await linesRead;
    return;
  }
  await rm(`${keyPath}.${child.pid}.tmp`, { force: true });
  throw reportedError(stderr) ?? new SheafError("NATIVE_CRASHED", `sheaf-setup ended with ${end}. ${stderr}`.trim());
}

/** What the process says of its failure, if it could say anything. */
function reportedError(stderr: string): SheafError | undefined {
  const last = stderr.trim().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) return undefined;
  const { error, message } = JSON.parse(last) as { error: string; message: string };
  return nativeError(error, message);
}
