import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { SheafError } from "../../protocol/errors.ts";
import { ensureNative } from "../native/build.ts";
import { startProcess } from "../native/process.ts";
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
  /** Where the process writes; files that it leaves beside when it is killed are removed. */
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
  const { child, ended } = startProcess(executable, args);
  child.stdin.end(input);
  const lines = createInterface(child.stdout!).on("line", (line) => {
    const { progress, phase } = JSON.parse(line) as { progress: number; phase: string };
    onProgress(progress, phase);
  });
  const linesRead = new Promise((resolve) => lines.once("close", resolve));
  const { succeeded, how, reported } = await ended;
  if (succeeded) {
    await linesRead;
    return;
  }
  await rm(`${keyPath}.${child.pid}.tmp`, { force: true });
  throw reported ?? new SheafError("NATIVE_CRASHED", `sheaf-setup ended with ${how}`);
}
