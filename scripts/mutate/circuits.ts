import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../lib/root.ts";

const PROGRAM = join(ROOT, "test/support/circuits/mutants.ts");

/**
 * Drops constraints from the circuits, one at a time: some, or all of them.
 *
 * @returns whether each was noticed
 */
export function mutateCircuits(long: boolean): Promise<boolean> {
  const env = { ...process.env, ...(long ? { SHEAF_LONG: "1" } : {}) };
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM], { stdio: "inherit", env });
  return new Promise((done, fail) => child.on("error", fail).on("close", (code) => done(code === 0)));
}
