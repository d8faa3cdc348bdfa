import { createBlock } from "@ethereumjs/block";
import { createCustomCommon, Mainnet } from "@ethereumjs/common";
import { createLegacyTx } from "@ethereumjs/tx";
import { createAccount, createAddressFromString, type PrefixedHexString } from "@ethereumjs/util";
import { createVM, runTx, type RunTxResult } from "@ethereumjs/vm";
import type { Provider } from "ethers";

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
}

/** All transactions of a chain so far, in their order. */
export async function minedOn(provider: Provider): Promise<readonly Mined[]> {
  const transactions: Mined[] = [];
  const last = await provider.getBlockNumber();
  for (let number = 0; number <= last; number++) {
    const block = await provider.getBlock(number, true);
    for (const { hash, from, to, data, value, nonce } of block!.prefetchedTransactions) {
      transactions.push({ hash, from, to, data, value, nonce, block: number, timestamp: block!.timestamp });
    }
  }
  return transactions;
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
  const common = createCustomCommon({ chainId: 31337 }, Mainnet, { hardfork });
  const vm = await createVM({ common });
  for (const from of new Set(transactions.map((transaction) => transaction.from))) {
    await vm.stateManager.putAccount(createAddressFromString(from), createAccount({ balance: RICH }));
  }
  const outcomes = new Map<string, Outcome>();
  for (const transaction of transactions) {
    const { from, to, data, value, nonce, block: number, timestamp } = transaction;
    const sender = createAddressFromString(from);
    const gasLimit = limitOf(transaction) ?? LIMITS[hardfork];
    const fields = { nonce, gasLimit, gasPrice: 7, value, data: data as PrefixedHexString };
    const tx = createLegacyTx(
      { ...fields, ...(to !== null && { to: to as PrefixedHexString }) },
      { common, freeze: false },
    );
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
