import { getAddress } from "ethers";
import type { Account, AccountProof, NodeClient } from "../api/client.ts";
import { withRetries } from "../lib/retry.ts";
import { leafOf, type Account as LeafAccount } from "../protocol/account.ts";
import { SheafError } from "../protocol/errors.ts";
import { placeAt, type MerklePath } from "../protocol/merkle-path.ts";
import type { L1Rollup } from "./l1-rollup.ts";

/** An account that L1's root has, with its place in the tree. */
export interface ProvenAccount {
  readonly index: number;
  readonly root: bigint;
  readonly account: LeafAccount;
  readonly path: MerklePath;
}

/**
 * Checks against L1's root what a node says of an account's key, address and token, which never change again.
 *
 * @param finality of the block whose root is taken
 * @throws SheafError ACCOUNT_NOT_FINAL if that root has nothing at the index yet, ACCOUNT_UNPROVEN
 */
export async function proveAccount(
  node: NodeClient,
  l1: L1Rollup,
  { index, pubKeyY, l1Address, token }: Pick<Account, "index" | "pubKeyY" | "l1Address" | "token">,
  finality: "latest" | "finalized",
): Promise<ProvenAccount> {
  const { root, batch } = await l1.state(finality);
  const proof = await proofAfter(node, index, batch);
  const account = proof.account === null ? undefined : { ...proof.account, l1Address: BigInt(proof.account.l1Address) };
  const { path, top } = await pathFrom(index, leafOf(index, account), proof.siblings);
  if (top !== root) {
    throw new SheafError(
      "ACCOUNT_UNPROVEN",
      `the proof of account ${index} does not lead to L1's root of batch ${batch}`,
    );
  }
  if (account === undefined) {
    const when = finality === "finalized" ? `: ${await l1.timeToFinality()}` : "";
    throw new SheafError("ACCOUNT_NOT_FINAL", `account ${index} is in no block that L1 calls ${finality} yet${when}`);
  }
  if (account.pubKeyY !== pubKeyY || account.l1Address !== BigInt(l1Address) || account.token !== token) {
    const owner = `key ${account.pubKeyY} and address ${getAddress(proof.account!.l1Address)}`;
    throw new SheafError("ACCOUNT_UNPROVEN", `on L1, account ${index} is of ${owner}, in token ${account.token}`);
  }
  return { index, root, account, path };
}

/** How often, and after how many milliseconds, a node is asked again that has not read L1's last batch yet. */
const [ATTEMPTS, AGAIN_MS] = [20, 500];

function proofAfter(node: NodeClient, index: number, batch: number): Promise<AccountProof> {
  const isBehind = (error: unknown): boolean => error instanceof SheafError && error.code === "BATCH_UNKNOWN";
  return withRetries(
    () => node.accountProof(index, batch),
    (error) => (isBehind(error) ? AGAIN_MS : undefined),
    { attempts: ATTEMPTS, pause: 0 },
  );
}

/** From a leaf up: the children of each node above it, and the last such node. */
async function pathFrom(index: number, leaf: bigint, siblings: readonly (readonly bigint[])[]) {
  // Its constants are the larger part of what a page loads, and most pages never prove an account.
  const { nodeOf } = await import("../protocol/wide-poseidon.ts");
  let top = leaf;
  const path = siblings.map((others, level) => {
    const children = others.toSpliced(placeAt(index, level), 0, top);
    top = nodeOf(children);
    return children;
  });
  return { path, top };
}
