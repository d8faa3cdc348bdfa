import type { Context } from "mocha";
import { SheafError } from "../../../protocol/errors.ts";
import { ensureNative } from "../../../prover/native/build.ts";
import type { NativeTarget } from "../../../prover/native/targets.ts";

/** For a `before` hook: builds native executables, which takes minutes on a busy machine; skips where there is no compiler, but in CI. */
export async function needsNative(context: Context, ...targets: readonly NativeTarget[]): Promise<void> {
  context.timeout(900_000);
  try {
    for (const target of targets) await ensureNative(target);
  } catch (error) {
    const isMissing = error instanceof SheafError && error.code === "NATIVE_UNAVAILABLE";
    if (isMissing && process.env["CI"] !== "true") context.skip();
    throw error;
  }
}
