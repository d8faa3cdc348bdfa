import { SheafError } from "../../protocol/errors.ts";
import type { BackendChoice } from "../backends/backend.ts";
import { ensureNative } from "./build.ts";
import type { NativeTarget } from "./targets.ts";

/**
 * Native code if it is chosen, or if nothing is and it can be built here; JavaScript otherwise.
 *
 * @param inJavaScript says what JavaScript does in its place, for a note
 * @throws SheafError NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED if native code is chosen and cannot be built
 */
export async function nativeOr<T>(
  target: NativeTarget,
  { backend, onNote }: BackendChoice,
  native: (executable: string) => T,
  javaScript: () => T,
  inJavaScript: string,
): Promise<T> {
  if (backend === "snarkjs") return javaScript();
  let executable;
  try {
    executable = await ensureNative(target);
  } catch (error) {
    const isMissing =
      error instanceof SheafError && (error.code === "NATIVE_UNAVAILABLE" || error.code === "NATIVE_BUILD_FAILED");
    if (backend === "native" || !isMissing) throw error;
    onNote?.(`${inJavaScript}, which is slower: ${error.message}`);
    return javaScript();
  }
  return native(executable);
}
