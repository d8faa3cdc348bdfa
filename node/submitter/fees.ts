/** What a transaction offers, in wei a gas (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What blocks ask for, in wei a gas. */
export interface Market {
  readonly baseFee: bigint;
  readonly priorityFee: bigint;
  /** Whether the chain knows no base fee: transactions then offer a gas price, which stands here as the tip. */
  readonly isLegacy?: boolean;
}

/** Six full blocks in a row double the base fee (EIP-1559: an eighth more a block): a transaction outlasts as many. */
const BASE_FEE_ROOM = 2n;

/**
 * What to offer for inclusion now, which is never more than the cap.
 *
 * @param replaced what the transaction that is to be replaced offers
 * @returns `undefined` if it takes more than the cap: `leastFee` says how much
 */
export function offer(market: Market, cap: bigint, replaced?: Fees): Fees | undefined {
  if (leastFee(market, replaced) > cap) return undefined;
  const maxPriorityFeePerGas = leastTip(market, replaced);
  const roomy = larger(market.baseFee * BASE_FEE_ROOM + maxPriorityFeePerGas, leastFee(market, replaced));
  return { maxFeePerGas: roomy < cap ? roomy : cap, maxPriorityFeePerGas };
}

/** The `maxFeePerGas` that it takes now, at least. */
export function leastFee(market: Market, replaced?: Fees): bigint {
  const enough = market.baseFee + leastTip(market, replaced);
  return replaced === undefined ? enough : larger(enough, raised(replaced.maxFeePerGas));
}

const leastTip = ({ priorityFee }: Market, replaced?: Fees): bigint =>
  replaced === undefined ? priorityFee : larger(priorityFee, raised(replaced.maxPriorityFeePerGas));

/** An eighth more, rounded up: nodes take a replacement that offers 10 % more of both fees (Geth), or 12.5 % (others). */
const raised = (fee: bigint): bigint => fee + fee / 8n + 1n;

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
