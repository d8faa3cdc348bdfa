import { node, type Account, type AccountProof, type Batch } from "./node.ts";

/** What the node says of an account, and what it proves that with: three answers of its own. */
export interface Claim {
  readonly account: Account;
  readonly proof: AccountProof;
  /** The one that the proof is after; undefined before the first. */
  readonly batch: Batch | undefined;
}

/** How often answers that contradict each other are asked for: L1 may have taken a batch between two of them. */
const ATTEMPTS = 3;

export async function claimOf(index: number): Promise<Claim> {
  for (let attempt = 1; ; attempt++) {
    const [account, proof] = await Promise.all([node.account(index), node.accountProof(index)]);
    const batch = proof.batch === 0 ? undefined : await node.batch(proof.batch);
    const claim = { account, proof, batch };
    if (attempt === ATTEMPTS || contradictionIn(index, claim) === undefined) return claim;
  }
}

/** Why a proof cannot be of what is shown for an index; undefined if it can. */
export function contradictionIn(index: number, { account, proof, batch }: Claim): string | undefined {
  const other = [account.index, proof.index].find((named) => named !== index);
  if (other !== undefined) return `it is of account ${other}`;
  if (!isOf(account, proof)) return "it is of another owner, balance or nonce";
  return batch !== undefined && batch.root !== proof.root ? `batch ${batch.number} led to another root` : undefined;
}

const PROVEN = ["pubKeyY", "l1Address", "token", "balance", "nonce"] as const;

/** Before an account is on L1, the proof is of an empty leaf. */
const isOf = (account: Account, { account: proven }: AccountProof): boolean =>
  proven === null ? !account.final : account.final && PROVEN.every((field) => proven[field] === account[field]);
