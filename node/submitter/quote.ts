import { feeFloat, type FloatFormat } from "../../protocol/float.ts";
import type { Market } from "./fees.ts";

/** What a transfer costs on L1, and the fee that pays for it. */
export interface Quote {
  readonly token: number;
  /** Wei a gas. */
  readonly gasPrice: bigint;
  readonly gasPerTransfer: number;
  readonly weiPerTransfer: bigint;
  /** The fee to offer, in base units of the token: representable, and not less than the cost. */
  readonly fee: bigint;
  /** The least fee that is taken, as gas may have become dearer since the quote. */
  readonly minimum: bigint;
}

export interface QuoteRequest {
  readonly token: number;
  readonly market: Market;
  /** Wei that a full batch of transfers costs besides its gas, where a rollup serves as L1. */
  readonly dataFee?: bigint | undefined;
  /** Room for transfers in the batch size in use. */
  readonly transfers: number;
  /** Gas of a batch besides its transfers: `BatchGas`. */
  readonly batchGas: number;
  /** What an ether is worth in base units of each token, by the operator's word; ETH need not be among them. */
  readonly prices: ReadonlyMap<number, bigint>;
}

/** A transfer's own gas: calldata, hashing, polynomial (`test/contracts/gas.json`). */
export const TRANSFER_GAS = 270;
const WEI_PER_ETHER = 10n ** 18n;
const ETH = 0;

/** Quotes the fee of a transfer in a full batch. In a token without a price nothing is asked for. */
export function quote({ token, market, dataFee = 0n, transfers, batchGas, prices }: QuoteRequest): Quote {
  const gasPrice = market.baseFee + market.priorityFee;
  const gasPerTransfer = TRANSFER_GAS + Math.ceil(batchGas / transfers);
  const weiForData = (dataFee + BigInt(transfers) - 1n) / BigInt(transfers);
  const weiPerTransfer = BigInt(gasPerTransfer) * gasPrice + weiForData;
  const price = token === ETH ? WEI_PER_ETHER : (prices.get(token) ?? 0n);
  const fee = representable(feeFloat, (weiPerTransfer * price + WEI_PER_ETHER - 1n) / WEI_PER_ETHER);
  return { token, gasPrice, gasPerTransfer, weiPerTransfer, fee, minimum: fee / 2n };
}

/** The smallest representable value that is not below. */
function representable(format: FloatFormat, value: bigint): bigint {
  const [below, above] = format.neighbours(value);
  return below.value === value || above === undefined ? below.value : above.value;
}

/** Batches whose gas counts. */
const REMEMBERED = 9;

/** Gas of batches besides their transfers', from those that were mined last. */
export class BatchGas {
  /** Measured with real verifiers: `test/contracts/gas.json`. */
  static readonly EXPECTED = 270_000;
  #last: readonly number[] = [];

  /** Notes what a batch took. */
  add(gasUsed: bigint, transfers: number): void {
    this.#last = [...this.#last, Number(gasUsed) - TRANSFER_GAS * transfers].slice(-REMEMBERED);
  }

  /** The median: a batch with many withdrawals is no measure of the others. */
  get typical(): number {
    const sorted = this.#last.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? BatchGas.EXPECTED;
  }
}
