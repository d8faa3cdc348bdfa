import { open } from "node:fs/promises";
import { SheafError } from "../../protocol/errors.ts";
import { ensureNative } from "../native/build.ts";
import { startProcess } from "../native/process.ts";

/**
 * Runs a plan in a process of its own.
 *
 * @param plan path of the plan
 * @param inputs of the circuit, in its order, 32 bytes little-endian each
 * @param wtns path of the file to write
 * @param signal ends the process; then the signal's reason is thrown
 * @throws SheafError WITNESS_FAILED if the inputs do not satisfy the circuit, ARTIFACT_CORRUPT if the plan is damaged,
 * FILE_UNWRITABLE, NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED, NATIVE_CRASHED
 */
export async function executePlan(plan: string, inputs: Uint8Array, wtns: string, signal?: AbortSignal): Promise<void> {
  const executable = await ensureNative("sheaf-witness");
  const file = await open(wtns, "w").catch((error: unknown) => {
    throw new SheafError("FILE_UNWRITABLE", `cannot write ${wtns}`, { cause: error });
  });
  try {
    const { child, ended } = startProcess(executable, [plan], { stdout: file.fd });
    const kill = (): void => void child.kill("SIGKILL");
    signal?.addEventListener("abort", kill);
    child.stdin.end(inputs);
    const { succeeded, how, reported } = await ended;
    signal?.removeEventListener("abort", kill);
    signal?.throwIfAborted();
    if (!succeeded) throw reported ?? new SheafError("NATIVE_CRASHED", `sheaf-witness ended with ${how}`);
  } finally {
    await file.close();
  }
}
