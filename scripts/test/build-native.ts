// Compiles all native code ahead of the tests, whose timeouts do not allow for it. Without a compiler they do without.
import { SheafError } from "../../protocol/errors.ts";
import { ensureNative } from "../../prover/native/build.ts";
import { TARGETS, type NativeTarget } from "../../prover/native/targets.ts";

try {
  for (const target of Object.keys(TARGETS) as NativeTarget[]) await ensureNative(target);
} catch (error) {
  if (!(error instanceof SheafError) || error.code !== "NATIVE_UNAVAILABLE") throw error;
  process.stdout.write(`${error.message}\n`);
}
