/**
 * Deploys a rollup of the smallest size with Hardhat's own settings of a network: `npx hardhat run scripts/deploy.ts
 * --network local`. `./sheaf deploy` has the choices.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { deployOn } from "../deploy/deploy.ts";
import { chainIdOf, isLocalChain } from "../deploy/environment.ts";
import { BATCH_SIZES } from "../protocol/constants.ts";
import { ensureExitKeys, ensureKeys } from "../prover/artifacts/artifacts.ts";
import { endCurveWorkers } from "../prover/backends/curve-workers.ts";
import { temporaryFolder } from "../prover/files/temporary-folder.ts";

const connection = (await hre.network.getOrCreate()) as NetworkConnection<"l1">;
// A chain in this process ends with it, and nobody needs the files of what was there.
const folder = connection.networkConfig.type === "http" ? undefined : await temporaryFolder("deployment");
try {
  const isLocal = await isLocalChain(connection, await chainIdOf(connection));
  // Elsewhere than on a local chain nothing but a ceremony's keys will do.
  const setup = isLocal ? "development-INSECURE" : "production";
  const [size, exit] = await Promise.all([ensureKeys(BATCH_SIZES[0]!, { setup }), ensureExitKeys({ setup })]);
  const files = folder && { publish: join(folder, "published"), output: join(folder, "addresses.json") };
  const deployment = await deployOn({ hre, connection }, { sizes: [size], exit, ...files });
  console.log(JSON.stringify(deployment, undefined, 2));
} finally {
  if (folder !== undefined) await rm(folder, { recursive: true });
  // They would keep the process alive.
  await endCurveWorkers();
}
