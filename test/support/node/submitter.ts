import { HDNodeWallet, Transaction } from "ethers";
import type { Rpc } from "../../../node/l1/rpc.ts";
import type { Journal, SentTransaction } from "../../../node/submitter/journal.ts";
import { until } from "../until.ts";
import type { FollowedRollup } from "./followed-rollup.ts";
import { rpcOf } from "./stores.ts";

/** The first account of Hardhat's network: a followed rollup's operator. */
export const OPERATOR = HDNodeWallet.fromPhrase("test test test test test test test test test test test junk");
export const GWEI = 10n ** 9n;

/** A journal that outlasts its submitter, as a file outlasts a process. */
export class MemoryJournal implements Journal {
  readonly transactions: SentTransaction[] = [];

  add(transaction: SentTransaction): void {
    if (this.transactions.every(({ hash }) => hash !== transaction.hash)) this.transactions.push(transaction);
  }

  ofBatch(batchNumber: number): readonly SentTransaction[] {
    return this.transactions.filter(({ first, last }) => first <= batchNumber && batchNumber <= last);
  }

  ofNonce(nonce: number): readonly SentTransaction[] {
    return this.transactions.filter((transaction) => transaction.nonce === nonce);
  }
}

/** A node whose answers a test changes. */
export const altered =
  (rpc: Rpc, change: (method: string, answer: () => Promise<unknown>, params: readonly unknown[]) => unknown): Rpc =>
  async (method, params) =>
    change(method, () => rpc(method, params), params);

/** A node that is some blocks behind, though it knows the same mempool. */
export function behind(rpc: Rpc, blocks: number): Rpc {
  return async (method, params) => {
    const head = BigInt((await rpc("eth_blockNumber", [])) as string) - BigInt(blocks);
    const tag = `0x${head.toString(16)}`;
    const answer = await rpc(
      method,
      params.map((param) => (param === "latest" ? tag : param)),
    );
    const receipt = answer as { readonly blockNumber?: string } | null;
    const isHidden = method === "eth_getTransactionReceipt" && receipt !== null && BigInt(receipt.blockNumber!) > head;
    return isHidden ? null : answer;
  };
}

/** What a test does with a followed rollup's chain. */
export class Miner {
  readonly #rpc: Rpc;

  constructor(world: FollowedRollup) {
    this.#rpc = rpcOf(world);
  }

  /** Whether each transaction is mined as soon as it comes. */
  async automine(on: boolean): Promise<void> {
    await this.#rpc("evm_setAutomine", [on]);
  }

  async mine(): Promise<void> {
    await this.#rpc("evm_mine", []);
  }

  /** Transactions that wait, the lowest nonce first. */
  async mempool(): Promise<readonly Transaction[]> {
    const waiting = (await this.#rpc("eth_pendingTransactions", [])) as readonly Record<string, string>[];
    return waiting.map(transactionOf).toSorted((a, b) => a.nonce - b.nonce);
  }

  /** Waits until as many transactions wait. */
  waiting(count: number): Promise<readonly Transaction[]> {
    return until(async () => {
      const transactions = await this.mempool();
      return transactions.length === count ? transactions : undefined;
    }, `${count} transactions`);
  }

  async drop(hash: string): Promise<void> {
    await this.#rpc("hardhat_dropTransaction", [hash]);
  }

  async baseFee(wei: bigint): Promise<void> {
    await this.#rpc("hardhat_setNextBlockBaseFeePerGas", [`0x${wei.toString(16)}`]);
  }
}

function transactionOf(answer: Readonly<Record<string, string>>): Transaction {
  const { input, gas, nonce, to, value, maxFeePerGas, maxPriorityFeePerGas, chainId, r, s, v } = answer;
  return Transaction.from({
    ...{ type: 2, data: input!, gasLimit: gas!, nonce: Number(nonce), to: to!, value: value! },
    ...{ maxFeePerGas: maxFeePerGas!, maxPriorityFeePerGas: maxPriorityFeePerGas!, chainId: chainId! },
    signature: { r: r!, s: s!, v: v! },
  });
}
