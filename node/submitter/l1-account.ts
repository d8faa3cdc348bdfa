import { toQuantity } from "ethers";
import * as z from "zod";
import { DataFees } from "../../l1/data-fee.ts";
import { isRevert, revertOf } from "../../l1/revert.ts";
import { SheafError } from "../../protocol/errors.ts";
import { L1 } from "../l1/l1.ts";
import { address, amount, ask, hash, hex, parseAnswer, quantity, tagOf } from "../l1/rpc-schemas.ts";
import { RpcError, type Rpc } from "../l1/rpc.ts";
import type { Market } from "./fees.ts";
import { blobBaseFeeOf, marketOf } from "./market.ts";

/** What became of a transaction. */
export interface Receipt {
  readonly succeeded: boolean;
  readonly block: number;
  readonly blockHash: string;
  readonly gasUsed: bigint;
  readonly gasPrice: bigint;
  /** Wei that its bytes cost, where a rollup serves as L1; `undefined` if the node does not say. */
  readonly dataFee: bigint | undefined;
  /** Wei that its blob cost; `undefined` without one, or if the node does not say. */
  readonly blobFee: bigint | undefined;
  readonly from: string;
}

const receiptSchema = z
  .object({
    status: quantity,
    // Some nodes have receipts of what waits.
    blockNumber: quantity.nullable(),
    blockHash: hash.nullable(),
    gasUsed: amount,
    // On chains without base fees not every node says it.
    effectiveGasPrice: amount.nullish(),
    l1Fee: amount.nullish(),
    blobGasUsed: amount.nullish(),
    blobGasPrice: amount.nullish(),
    from: address,
  })
  .nullable();

const timedSchema = z.object({ timestamp: quantity }).nullable();

const pricedSchema = z.object({ gasPrice: amount });

/** Gas of a blob (EIP-4844). */
export const BLOB_GAS = 131_072n;

/** Why a call fails that had too little gas. */
export const OUT_OF_GAS = "out of gas";
/** The contract's error for a call in whose transaction there is no blob. */
const BLOB_MISSING = "BlobMissing";
/** JSON-RPC has no code for it. Wordings of Geth and Erigon, Nethermind, Besu, Reth and Hardhat. */
const LACKS_GAS =
  /out ?of ?gas|ran out|gas required exceeds|(intrinsic|insufficient|floor data) gas|gas ?(limit )?(is )?too low/i;

/** An account's transactions to the rollup, as an L1 node has them and takes them. */
export class L1Account {
  readonly #rpc: Rpc;
  readonly #l1: L1;
  readonly #dataFees: DataFees;
  /** With checksum, as the rollup's. */
  readonly address: string;

  /** @throws SheafError FIELD_INVALID if the rollup's address is not an address */
  constructor(rpc: Rpc, rollup: string, address: string) {
    this.#rpc = rpc;
    this.#l1 = new L1(rpc, rollup);
    this.#dataFees = new DataFees((to, data) => ask(rpc, hex, "eth_call", { to, data }, "latest"), this.#l1.rollup);
    this.address = address;
  }

  get rollup(): string {
    return this.#l1.rollup;
  }

  /** How many of its transactions are mined, or mined or waiting: the next nonce. */
  nonce(which: "latest" | "pending"): Promise<number> {
    return ask(this.#rpc, quantity, "eth_getTransactionCount", this.address, which);
  }

  /** Batches that the rollup has after a block. */
  async batchNumber(block: number | "latest" = "latest"): Promise<number> {
    return Number((await this.#l1.call("batchNumber", [], block))[0]);
  }

  /**
   * Whether the next block cannot be of an earlier time than this, in seconds of Unix time. Some chains mine nothing
   * while nobody sends anything: of the time only the block that would come now then tells.
   */
  async hasReached(time: number): Promise<boolean> {
    const timeOf = async (block: string): Promise<number> =>
      (await ask(this.#rpc, timedSchema, "eth_getBlockByNumber", block, false))?.timestamp ?? 0;
    if ((await timeOf("latest")) >= time) return true;
    const next = await timeOf("pending").catch((error: unknown) => {
      // Not every node knows the word.
      if (error instanceof SheafError && ["RPC_REFUSED", "RPC_MALFORMED"].includes(error.code)) return 0;
      throw error;
    });
    return next >= time;
  }

  /** Wei that it has, as of the newest block. */
  balance(): Promise<bigint> {
    return ask(this.#rpc, amount, "eth_getBalance", this.address, "latest");
  }

  market(): Promise<Market> {
    return marketOf(this.#rpc);
  }

  /** The same for a transaction with a blob. */
  async blobMarket(): Promise<Market> {
    const [market, blobBaseFee] = await Promise.all([marketOf(this.#rpc), blobBaseFeeOf(this.#rpc)]);
    return { ...market, blobBaseFee };
  }

  /** Wei that a blob costs now. */
  async blobFee(): Promise<bigint> {
    return BLOB_GAS * (await blobBaseFeeOf(this.#rpc));
  }

  /** Wei that a mined transaction's blob has cost: if the node does not say it, what one costs now. */
  async blobFeePaid({ blobFee }: Pick<Receipt, "blobFee">): Promise<bigint> {
    return blobFee ?? (await this.blobFee());
  }

  /** Wei that a call with this calldata costs besides its gas, where a rollup serves as L1; 0 elsewhere. */
  dataFee(calldata: string, gas: bigint | number): Promise<bigint> {
    return this.#dataFees.of(calldata, gas);
  }

  /** What a mined call has cost so: of its bytes not every node says it, then it is what they cost now. */
  async dataFeePaid(calldata: string, { dataFee, gasUsed }: Pick<Receipt, "dataFee" | "gasUsed">): Promise<bigint> {
    const ofData = dataFee ?? (await this.#dataFees.ofData(calldata));
    return ofData + (await this.#dataFees.ofOperator(gasUsed));
  }

  /**
   * The gas that a call would use, were it made now; `undefined` where it would fail, or the node does not estimate.
   *
   * @param versionedHash of the blob that would go with it
   */
  async estimate(calldata: string, versionedHash?: string): Promise<bigint | undefined> {
    const call = { from: this.address, to: this.rollup, data: calldata, ...(await this.#withBlob(versionedHash)) };
    try {
      return parseAnswer(amount, "eth_estimateGas", await this.#rpc("eth_estimateGas", [call]));
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  /**
   * The reason against a call with so much gas, were it made now: the contract's, or `OUT_OF_GAS`. `undefined` if there
   * is none.
   *
   * @param versionedHash of the blob that would go with it
   */
  async objection(calldata: string, gas: number, versionedHash?: string): Promise<string | undefined> {
    const blob = await this.#withBlob(versionedHash);
    const call = { from: this.address, to: this.rollup, data: calldata, gas: tagOf(gas), ...blob };
    try {
      await this.#rpc("eth_call", [call, "latest"]);
      return undefined;
    } catch (error) {
      if (error instanceof RpcError && LACKS_GAS.test(error.message)) return OUT_OF_GAS;
      const revert = revertOf(error);
      if (revert === undefined && !(error instanceof RpcError && isRevert(error))) throw error;
      // Not every node gives a call its blob: whatever the contract looks at before was right.
      if (blob !== undefined && revert?.name === BLOB_MISSING) return undefined;
      return revert?.name ?? "no reason given";
    }
  }

  async #withBlob(versionedHash: string | undefined): Promise<object | undefined> {
    if (versionedHash === undefined) return undefined;
    // Some nodes hold a call without an offer to be one that offers nothing.
    const maxFeePerBlobGas = toQuantity(2n * (await blobBaseFeeOf(this.#rpc)));
    return { blobVersionedHashes: [versionedHash], maxFeePerBlobGas };
  }

  /** `undefined` if the transaction is not mined, or the chain does not have the receipt's block. */
  async receipt(transaction: string): Promise<Receipt | undefined> {
    const receipt = await ask(this.#rpc, receiptSchema, "eth_getTransactionReceipt", transaction);
    if (receipt === null || receipt.blockNumber === null || receipt.blockHash === null) return undefined;
    const { status, blockNumber: block, blockHash, effectiveGasPrice, l1Fee, gasUsed, from } = receipt;
    const { blobGasUsed, blobGasPrice } = receipt;
    const blobFee = blobGasUsed != null && blobGasPrice != null ? blobGasUsed * blobGasPrice : undefined;
    if ((await this.#l1.block(block))?.hash !== blockHash) return undefined;
    const gasPrice =
      effectiveGasPrice ?? (await ask(this.#rpc, pricedSchema, "eth_getTransactionByHash", transaction)).gasPrice;
    return { succeeded: status === 1, block, blockHash, gasUsed, gasPrice, dataFee: l1Fee ?? undefined, blobFee, from };
  }

  /** Whether the node has a transaction, mined or waiting. */
  async knows(transaction: string): Promise<boolean> {
    return (await ask(this.#rpc, z.object({ hash }).nullable(), "eth_getTransactionByHash", transaction)) !== null;
  }

  /** Hands a signed transaction to the node. Returns its words if it does not take it. */
  async send(raw: string): Promise<string | undefined> {
    try {
      await this.#rpc("eth_sendRawTransaction", [raw]);
      return undefined;
    } catch (error) {
      if (error instanceof RpcError) return error.message;
      throw error;
    }
  }
}
