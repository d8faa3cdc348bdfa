import { contradictionIn, type Claim } from "./data/claim.ts";
import { leafOf } from "../protocol/account.ts";
import { placeAt, type MerklePath } from "../protocol/merkle-path.ts";
import { rootOfPath } from "../protocol/tree.ts";

/** A proof as it was computed here. */
export interface CheckedProof {
  /** The nodes from the leaf up to the root. */
  readonly nodes: readonly bigint[];
  /** Why the proof is wrong; undefined if it is right. */
  readonly fault: string | undefined;
}

/**
 * Computes an account's leaf and the path from it up, with the code that the node and the prover have. Poseidon's
 * constants are most of a megabyte: this module is loaded when a proof is looked at.
 */
export function checkProof(index: number, claim: Claim): CheckedProof {
  const { account, root, siblings, batch } = claim.proof;
  const owned = account === null ? undefined : { ...account, l1Address: BigInt(account.l1Address) };
  const leaf = leafOf(index, owned);
  const path: MerklePath = siblings.map((others, level) => others.toSpliced(placeAt(index, level), 0, 0n));
  const nodes = [leaf];
  // The path of one level more begins at the node that the path so far led to.
  path.forEach((level, height) => nodes.push(rootOfPath(placeAt(index, height), nodes[height]!, [level])));
  const isLed = nodes.at(-1) === root;
  return {
    nodes,
    fault: contradictionIn(index, claim) ?? (isLed ? undefined : `it does not lead to the root after batch ${batch}`),
  };
}
