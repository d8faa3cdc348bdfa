import { SheafError } from "../../protocol/errors.ts";
import type { Backend } from "../backends/backend.ts";
import { ensureNative } from "../native/build.ts";
import type { Progress } from "./progress.ts";

/** What makes keys, and who is told how far it is. The keys are equivalent: nobody can tell from one what made it. */
export interface SetupChoice {
  /** Default: native if it can be built here, JavaScript (snarkjs and ours) otherwise. */
  readonly backend?: Backend | undefined;
  /** Told why it is JavaScript when nothing was chosen: once a process. */
  readonly onNote?: ((note: string) => void) | undefined;
  readonly onProgress?: Progress | undefined;
}

let isNoted = false;

/**
 * Whether keys are made in native code.
 *
 * @throws SheafError NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED if native code is chosen and cannot be built
 */
export async function usesNativeSetup({ backend, onNote, onProgress }: SetupChoice): Promise<boolean> {
  if (backend === "snarkjs") return false;
  onProgress?.(0, "compiling the setup");
  try {
    await ensureNative("sheaf-setup");
    return true;
  } catch (error) {
    const isMissing =
      error instanceof SheafError && (error.code === "NATIVE_UNAVAILABLE" || error.code === "NATIVE_BUILD_FAILED");
    if (backend === "native" || !isMissing) throw error;
    if (!isNoted) onNote?.(`making keys in JavaScript, which is slower: ${error.message}`);
    isNoted = true;
    return false;
  }
}
