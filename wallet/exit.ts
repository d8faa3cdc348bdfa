import { getAddress } from "ethers";
import type { Account, NodeClient } from "../api/client.ts";
import { SheafError } from "../protocol/errors.ts";
import { buildExit } from "../protocol/exit.ts";
import { addressToHex } from "../protocol/json-fields.ts";
import { siblingsOf } from "../protocol/merkle-path.ts";
import type { CircuitInput } from "../protocol/witness.ts";
import { solidityProof } from "../prover/files/proof-format.ts";
import type { Groth16Proof } from "../prover/prover.ts";
import { proveAccount } from "./account-proof.ts";
import type { ExitCall, L1Rollup, PathCall } from "./l1-rollup.ts";

/** The published files of the exit circuit: paths or URLs as snarkjs takes them, or their bytes. */
export interface ExitKeys {
  readonly wasm: string | Uint8Array;
  readonly zkey: string | Uint8Array;
}

/**
 * Proves that an account is in the state that a rollup was frozen in, for the contract to credit its balance.
 *
 * @param prove makes a proof of the exit circuit
 * @throws SheafError ACCOUNT_NOT_FOUND, and what `prove` throws
 */
export async function exitCall(
  state: Parameters<typeof buildExit>[0],
  index: number,
  prove: (input: CircuitInput) => Promise<Groth16Proof>,
): Promise<ExitCall> {
  const { account, input } = buildExit(state, index);
  const { token, l1Address, balance } = account;
  return [index, token, getAddress(addressToHex(l1Address)), balance, solidityProof(await prove(input))];
}

/**
 * Shows the place of an account in the tree of the state that a rollup was frozen in, for the contract to credit its balance.
 *
 * @throws SheafError ACCOUNT_NOT_FOUND
 */
export function pathCall(state: Parameters<typeof buildExit>[0], index: number): PathCall {
  const { token, l1Address, balance, pubKeyY, nonce } = buildExit(state, index).account;
  const siblings = siblingsOf(index, state.path(index));
  return [index, token, getAddress(addressToHex(l1Address)), balance, pubKeyY, nonce, siblings];
}

/**
 * Proves an account to a frozen rollup, by a node's word of the state that L1's root confirms, and has its balance credited.
 * Returns the hash of the L1 transaction; nothing if somebody else's exit of the account came first.
 */
export async function leave(
  node: NodeClient,
  l1: L1Rollup,
  account: Account,
  { wasm, zkey }: ExitKeys,
): Promise<string | undefined> {
  const call = await exitCall(await leftState(node, l1, account), account.index, async (input) => {
    // A prover is most of a megabyte, and hardly anybody ever needs it.
    const [{ groth16 }, { endCurveWorkers }] = await Promise.all([
      import("snarkjs"),
      import("../prover/backends/curve-workers.ts"),
    ]);
    return (await groth16.fullProve(input, wasm, zkey).finally(endCurveWorkers)).proof;
  });
  return (await l1.exit(...call))?.hash;
}

/** As `leave`, by the account's place in the tree: without files, for more gas, and for much more if nobody did so before. */
export async function leaveByPath(node: NodeClient, l1: L1Rollup, account: Account): Promise<string | undefined> {
  const call = pathCall(await leftState(node, l1, account), account.index);
  // Not for nothing.
  if (await l1.hasExited(account.index)) return undefined;
  await l1.deployHasher();
  return (await l1.exitByPath(...call))?.hash;
}

/** An account's part of the state that a rollup was frozen in. */
async function leftState(node: NodeClient, l1: L1Rollup, account: Account): Promise<Parameters<typeof buildExit>[0]> {
  if (!(await l1.isFrozen())) throw new SheafError("ROLLUP_NOT_FROZEN", "the rollup is not frozen");
  const proven = await proveAccount(node, l1, account, "latest");
  return { root: proven.root, account: () => proven.account, path: () => proven.path };
}
