import { SheafError } from "../../protocol/errors.ts";
import { requireVersionOf } from "../../protocol/versions.ts";
import type { BlockReference, L1 } from "../l1/l1.ts";
import { removeFile, setAside } from "../store/sealed-database.ts";
import { salvageBlobs } from "../store/salvage.ts";
import { Store } from "../store/store.ts";
import { deploymentBlock, requireCode } from "./deployment-block.ts";
import { Follower, requireChain, type FollowOptions } from "./follower.ts";

/** Told why a store is made anew. */
export type OnDamage = (damage: SheafError) => void;

/**
 * Opens the store of a rollup, to follow it from where it stopped. A new one begins at the rollup's deployment; and so does
 * one whose file is damaged, or of another version: that file is moved aside, since all that was in it is on L1. Its blobs,
 * which L1's nodes may have forgotten, are taken over.
 *
 * @param path of the file
 * @param fromBlock the deployment's block or an earlier one; searched for by default
 * @throws SheafError the codes of `Store.open`, but STORE_CORRUPT, and of `deploymentBlock`; PROTOCOL_VERSION_WRONG
 */
export async function openStore(l1: L1, path: string, fromBlock?: number, onDamage: OnDamage = noOne): Promise<Store> {
  const chainId = await l1.chainId();
  const open = (): Promise<Store> => Store.open(path, chainId, l1.rollup, () => blockBefore(l1, chainId, fromBlock));
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== "STORE_CORRUPT") throw error;
    onDamage(readAgain(error, path));
    setAside(path);
    const store = await open();
    salvageBlobs(`${path}.aside`, store);
    return store;
  }
}

/**
 * Reads the rollup from L1 again, to another file, and puts that in the place of a store's that turned out to be damaged.
 *
 * @throws SheafError as `openStore` and `Follower.sync`; the store then is as before
 */
export async function restoreAgain(l1: L1, store: Store, { fromBlock, onDamage = noOne, ...follow }: RestoreOptions) {
  if (store.damage !== undefined) onDamage(readAgain(store.damage, store.path));
  const path = `${store.path}.new`;
  removeFile(path);
  const again = await openStore(l1, path, fromBlock);
  try {
    salvageBlobs(store.path, again);
    await new Follower(l1, again, follow).sync();
  } finally {
    again.close();
  }
  store.replaceBy(path);
}

export interface RestoreOptions extends FollowOptions {
  readonly fromBlock?: number | undefined;
  readonly onDamage?: OnDamage | undefined;
}

const noOne: OnDamage = () => undefined;

const readAgain = ({ message, code }: SheafError, path: string): SheafError =>
  new SheafError(code, `${message}. All of it is read from L1 again; the file goes to ${path}.aside`);

async function blockBefore(l1: L1, chainId: number, fromBlock: number | undefined): Promise<BlockReference> {
  // The node's other files are named and marked by it for good.
  await requireChain(l1, chainId);
  if (fromBlock !== undefined) await requireCodeIfServed(l1);
  await requireVersionIfServed(l1, chainId);
  // Nothing can be deployed in a chain's first block.
  const first = Math.max(1, fromBlock ?? (await deploymentBlock(l1)));
  return l1.requireBlock(first - 1);
}

/** A rollup of another version of the protocol has other events, which nobody would find here. */
async function requireVersionIfServed(l1: L1, chainId: number): Promise<void> {
  const domain = await l1.call("domain", [], "latest").catch(() => undefined);
  if (domain !== undefined) requireVersionOf(domain[0] as bigint, BigInt(chainId), BigInt(l1.rollup));
}

/** Some nodes serve nothing but logs, blocks and transactions. */
async function requireCodeIfServed(l1: L1): Promise<void> {
  try {
    await requireCode(l1);
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== "RPC_REFUSED") throw error;
  }
}
