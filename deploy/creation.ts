import { getAddress, getCreateAddress, Interface, type InterfaceAbi, type Provider } from "ethers";
import type { RegisteredCircuit } from "./registered-circuits.ts";

/** The transaction that created a contract. */
export interface Creation {
  readonly hash: string;
  readonly data: string;
}

/** How a contract came to be in a block, if a transaction created it and no other contract did. */
export async function creationOf(provider: Provider, contract: string, block: number): Promise<Creation | undefined> {
  const transactions = (await provider.getBlock(block, true))?.prefetchedTransactions ?? [];
  const address = getAddress(contract);
  return transactions.find(({ to, from, nonce }) => to === null && getCreateAddress({ from, nonce }) === address);
}

/** Addresses of contracts that a rollup calls besides the verifiers of single proofs. */
export interface Helpers {
  readonly jointVerifier: string;
  /** Zero, if the rollup takes no blobs. */
  readonly blobOpener: string;
}

/**
 * Whether a rollup was made by its compiled constructor, with these circuits. Code alone does not tell: another constructor
 * could leave the same code behind, and balances or sizes of its own in the storage.
 *
 * @param circuits the batch sizes by id, and the exit
 */
export function isCreationOf(
  data: string,
  { abi, bytecode }: { readonly abi: InterfaceAbi; readonly bytecode: string },
  circuits: readonly RegisteredCircuit[],
  { jointVerifier, blobOpener }: Helpers,
): boolean {
  if (!data.startsWith(bytecode)) return false;
  const { inputs } = Interface.from(abi).deploy;
  const coder = Interface.from(abi).getAbiCoder();
  try {
    const args = coder.decode(inputs, `0x${data.slice(bytecode.length)}`);
    const sizes = circuits.slice(0, -1).map(({ rows, ...rest }) => ({ ...rows, ...rest }));
    const expected = coder.encode(inputs, [args[0], args[1], sizes, circuits.at(-1), jointVerifier, blobOpener]);
    return data === bytecode + expected.slice(2);
  } catch {
    return false;
  }
}
