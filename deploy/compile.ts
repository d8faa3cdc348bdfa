import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

/** How often contracts are compiled, where other processes compile them too. */
const MOST_BUILDS = 3;

/** Compiles the contracts, verifiers that were made a moment ago included. */
export async function compileContracts(hre: HardhatRuntimeEnvironment): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await hre.tasks.getTask("build").run({ quiet: true });
      break;
    } catch (error) {
      // Another process may have moved what this one wrote, for both call it the same: then it is there the next time.
      if (attempt === MOST_BUILDS || !isGone(error)) throw error;
    }
  }
  // Hardhat remembers the names of artifacts from its first look at them, which may have been before this build.
  await hre.artifacts.clearCache();
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && /ENOENT|not found/.test(error.message) && !error.message.startsWith("HHE");
