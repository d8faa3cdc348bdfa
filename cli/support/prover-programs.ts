import type { Logger } from "pino";
import type { BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { ensureKeys } from "../../prover/artifacts/artifacts.ts";
import { localProgram, type LocalProgram } from "../../prover/artifacts/program.ts";
import { DEVELOPMENT_WARNING } from "../../prover/setup/development.ts";
import { setupKind } from "./keys.ts";
import { withProgress } from "./progress.ts";

/** What can be proven of these sizes; development keys are made where they are missing, production keys are not. */
export async function localPrograms(
  sizes: readonly BatchSize[],
  production: boolean | undefined,
  log: Logger,
): Promise<{ readonly programs: readonly LocalProgram[]; readonly withoutKeys: readonly string[] }> {
  const [programs, withoutKeys]: [LocalProgram[], string[]] = [[], []];
  for (const size of sizes) {
    try {
      const { circuit, key } = await withProgress(`keys ${size.name}`, (onProgress) =>
        ensureKeys(size, { setup: setupKind(production), onProgress }),
      );
      programs.push(await localProgram(circuit, key));
    } catch (error) {
      if (!(error instanceof SheafError) || error.code !== "KEY_MISSING") throw error;
      withoutKeys.push(size.name);
    }
  }
  if (!production) log.warn(DEVELOPMENT_WARNING);
  return { programs, withoutKeys };
}
