import { feeFloat, type FloatFormat } from "../../protocol/float.ts";
import { PRICED, type BatchGas, type Priced } from "../../l1/batch-gas.ts";
import type { Market } from "./fees.ts";

/** What something costs, and the fee that pays for it, in base units of the token. */
export interface Price {
  /** Of a full batch, on L1. */
  readonly gas: number;
  readonly wei: bigint;
  /** The fee to offer: representable, and above the cost, as gas may become dearer while one signs. */
  readonly fee: bigint;
  /** The least fee that is taken: the cost now, or nothing where nobody is charged. */
  readonly minimum: bigint;
}

/** What operations cost on L1, and the fees that pay for them. */
export interface Prices extends Readonly<Record<Priced, Price>> {
  readonly token: number;
  /** Wei a gas. */
  readonly gasPrice: bigint;
}

export interface QuoteRequest {
  readonly token: number;
  readonly market: Market;
  /** Wei that a full batch of transfers costs besides its gas, where a rollup serves as L1; that a blob costs, where they are in one. */
  readonly dataFee?: bigint | undefined;
  readonly gas: BatchGas;
  /** What an ether is worth in base units of the token, by the operator's word. */
  readonly price: bigint;
  /** Whether anybody must pay. */
  readonly charge: boolean;
}

export const WEI_PER_ETHER = 10n ** 18n;

/** Quotes the fees of operations in a full batch. */
export function quote({ token, market, dataFee = 0n, gas, price, charge }: QuoteRequest): Prices {
  const gasPrice = market.baseFee + market.priorityFee;
  const priceOf = (kind: Priced): Price => {
    const needed = gas.of(kind);
    const wei = BigInt(needed) * gasPrice + gas.dataShare(dataFee, kind);
    const cost = worthOf(wei, price);
    const minimum = charge ? representable(feeFloat, cost) : 0n;
    return { gas: needed, wei, fee: representable(feeFloat, withMargin(cost)), minimum };
  };
  const [transfer, opening, withdrawal, firstWithdrawal] = PRICED.map(priceOf) as [Price, Price, Price, Price];
  return { token, gasPrice, transfer, opening, withdrawal, firstWithdrawal };
}

/** A quarter more: so much dearer a gas can be after two blocks (EIP-1559: an eighth more a block). */
export const withMargin = (cost: bigint): bigint => cost + (cost + 3n) / 4n;

/** Wei in base units of a token, rounded up. */
export const worthOf = (wei: bigint, price: bigint): bigint => (wei * price + WEI_PER_ETHER - 1n) / WEI_PER_ETHER;

/** The smallest representable value that is not below. */
export function representable(format: FloatFormat, value: bigint): bigint {
  const [below, above] = format.neighbours(value);
  return below.value === value || above === undefined ? below.value : above.value;
}
