import { SheafError } from "../protocol/errors.ts";
import { requireChain } from "./follower.ts";
import { deploymentBlock, requireCode } from "./deployment-block.ts";
import type { BlockReference, L1 } from "./l1.ts";
import { Store } from "./store/store.ts";

/**
 * Opens the store of a rollup, to follow it from where it stopped. A new one begins at the rollup's deployment.
 *
 * @param path of the file
 * @param fromBlock the deployment's block or an earlier one; searched for by default
 * @throws SheafError the codes of `Store.open` and `deploymentBlock`
 */
export async function openStore(l1: L1, path: string, fromBlock?: number): Promise<Store> {
  const chainId = await l1.chainId();
  return Store.open(path, chainId, l1.rollup, () => blockBefore(l1, chainId, fromBlock));
}

async function blockBefore(l1: L1, chainId: number, fromBlock: number | undefined): Promise<BlockReference> {
  // The node's other files are named and marked by it for good.
  await requireChain(l1, chainId);
  if (fromBlock !== undefined) await requireCodeIfServed(l1);
  // Nothing can be deployed in a chain's first block.
  const first = Math.max(1, fromBlock ?? (await deploymentBlock(l1)));
  return l1.requireBlock(first - 1);
}

/** Some nodes serve nothing but logs, blocks and transactions. */
async function requireCodeIfServed(l1: L1): Promise<void> {
  try {
    await requireCode(l1);
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== "RPC_REFUSED") throw error;
  }
}
