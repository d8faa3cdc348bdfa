import type { Account, NodeClient } from "../api/client.ts";
import { SheafError } from "../protocol/errors.ts";
import { buildExit } from "../protocol/exit.ts";
import { solidityProof } from "../prover/files/proof-format.ts";
import { proveAccount } from "./account-proof.ts";
import type { L1Rollup } from "./l1-rollup.ts";

/** The published files of the exit circuit: paths or URLs as snarkjs takes them, or their bytes. */
export interface ExitKeys {
  readonly wasm: string | Uint8Array;
  readonly zkey: string | Uint8Array;
}

/**
 * Proves an account to a frozen rollup, which credits its balance. Returns the hash of the L1 transaction; nothing if somebody
 * else's exit of the account came first.
 */
export async function leave(
  node: NodeClient,
  l1: L1Rollup,
  account: Account,
  { wasm, zkey }: ExitKeys,
): Promise<string | undefined> {
  if (!(await l1.isFrozen())) throw new SheafError("ROLLUP_NOT_FROZEN", "the rollup is not frozen");
  const proven = await proveAccount(node, l1, account, "latest");
  const { index, input, publicSignals } = buildExit(
    { root: proven.root, account: () => proven.account, path: () => proven.path },
    account.index,
  );
  // A prover is most of a megabyte, and hardly anybody ever needs it.
  const [{ groth16 }, { endCurveWorkers }] = await Promise.all([
    import("snarkjs"),
    import("../prover/backends/curve-workers.ts"),
  ]);
  const { proof } = await groth16.fullProve(input, wasm, zkey).finally(endCurveWorkers);
  return (await l1.exit(index, account.token, account.l1Address, publicSignals.balance, solidityProof(proof)))?.hash;
}
