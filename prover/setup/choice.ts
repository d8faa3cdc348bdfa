import type { BackendChoice } from "../backends/backend.ts";
import { nativeOr } from "../native/native-or.ts";
import type { Progress } from "./progress.ts";

/** What makes keys, and who is told how far it is. The keys are equivalent: nobody can tell from one how it was made. */
export interface SetupChoice extends BackendChoice {
  readonly onProgress?: Progress | undefined;
}

let isNoted = false;

/**
 * Whether keys are made in native code. Why they are not is told once a process.
 *
 * @throws SheafError NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED if native code is chosen and cannot be built
 */
export function usesNativeSetup({ backend, onNote, onProgress }: SetupChoice): Promise<boolean> {
  if (backend !== "snarkjs") onProgress?.(0, "compiling the setup");
  const noteOnce = (note: string): void => {
    if (!isNoted) onNote?.(note);
    isNoted = true;
  };
  const choice = { backend, onNote: noteOnce };
  return nativeOr(
    "sheaf-setup",
    choice,
    () => true,
    () => false,
    "making keys in JavaScript",
  );
}
