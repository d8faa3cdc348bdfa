import { dirname } from "node:path";
import * as z from "zod";
import { requireCancun } from "../../deploy/chain-checks.ts";
import type { DeployOptions } from "../../deploy/deploy.ts";
import { chainIdOf, openNetwork } from "../../deploy/environment.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { address, addressToHex, parseFields } from "../../protocol/json-fields.ts";
import { ensureExitKeys, ensureKeys, type BatchArtifacts } from "../../prover/artifacts/artifacts.ts";
import { requireFolder } from "../../prover/files/text-files.ts";
import { DEVELOPMENT_WARNING } from "../../prover/setup/development.ts";
import { setupKind } from "./keys.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface DeployFlags {
  readonly network: string;
  readonly production?: true;
  readonly operator?: string;
  readonly tokens?: readonly string[];
  readonly localChain?: readonly string[];
  readonly insecureDevSetup?: true;
  readonly timelock?: string;
  readonly out?: string;
  readonly publish?: string;
  readonly etherscan?: true;
}

const hexAddress = address.transform(addressToHex);
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "must be a whole number")
  .transform(Number);
const schema = z.object({
  operator: hexAddress.optional(),
  tokens: z.array(hexAddress).optional(),
  localChain: z.array(wholeNumber).optional(),
  timelock: wholeNumber.optional(),
});

/**
 * What `deployRollup` takes, with the keys of the sizes, which are built if they are missing; before that takes its time,
 * looks whether the network answers. Throws `FIELD_INVALID`, `USAGE`, `NETWORK_UNREACHABLE`, `DEPLOYER_KEY_MISSING`,
 * `DEPLOY_CHAIN_TOO_OLD`.
 */
export async function deploymentOptions(sizes: readonly BatchSize[], flags: DeployFlags): Promise<DeployOptions> {
  const { operator, tokens, localChain, timelock } = parseFields("the options", schema, flags);
  const { network, production, out, publish, insecureDevSetup, etherscan } = flags;
  // Before anything is on L1 of which these are to tell.
  for (const path of [out, publish]) if (path !== undefined) await requireFolder(dirname(path));
  await requireNetwork(network);
  const setup = setupKind(production);
  const artifacts: BatchArtifacts[] = [];
  for (const size of sizes) {
    artifacts.push(
      await withProgress(`keys ${size.name}`, (onProgress) => ensureKeys(size, { setup, onProgress, onNote: say })),
    );
  }
  const exit = await withProgress("keys exit", (onProgress) => ensureExitKeys({ setup, onProgress, onNote: say }));
  if (!production) say(DEVELOPMENT_WARNING);
  return {
    network,
    sizes: artifacts,
    exit,
    ...(operator !== undefined && { operator }),
    ...(tokens !== undefined && { tokens }),
    ...(localChain !== undefined && { localChainIds: localChain }),
    ...(insecureDevSetup && { insecureDevSetup }),
    ...(timelock !== undefined && { timelockDelay: timelock }),
    ...(etherscan && { etherscan }),
    ...(publish !== undefined && { publish }),
    ...(out !== undefined && { output: out }),
  };
}

async function requireNetwork(network: string): Promise<void> {
  const { connection } = await openNetwork(network);
  try {
    await chainIdOf(connection);
    await requireCancun(connection);
  } finally {
    await connection.close();
  }
}
