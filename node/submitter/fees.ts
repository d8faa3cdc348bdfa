/** What a transaction offers, in wei a gas (EIP-1559, EIP-4844). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Of a transaction with a blob. */
  readonly maxFeePerBlobGas?: bigint;
}

/** What blocks ask for, in wei a gas. */
export interface Market {
  readonly baseFee: bigint;
  readonly priorityFee: bigint;
  /** Of a blob's gas, for a transaction that has one. */
  readonly blobBaseFee?: bigint;
  /** Whether the chain knows no base fee: transactions then offer a gas price, which stands here as the tip. */
  readonly isLegacy?: boolean;
}

/** The most that is paid, in wei a gas. */
export interface Caps {
  readonly gas: bigint;
  readonly blobGas: bigint;
}

/** What takes more than its cap. */
export interface TooDear {
  readonly what: "gas" | "blob gas";
  /** Wei a gas, as the cap. */
  readonly needed: bigint;
  readonly cap: bigint;
}

/** Six full blocks in a row double the base fee (EIP-1559: an eighth more a block): a transaction outlasts as many. */
const BASE_FEE_ROOM = 2n;
/** Twelve: a replacement of a transaction with a blob takes twice as much, so that few are to be needed. What is offered is not paid. */
const BLOB_FEE_ROOM = 4n;

/**
 * What to offer for inclusion now, which is never more than the caps, or else what is too dear.
 *
 * @param replaced what the transaction that is to be replaced offers
 */
export function offer(market: Market, caps: Caps, replaced?: Fees): Fees | TooDear {
  const needed = leastFee(market, replaced);
  if (needed > caps.gas) return { what: "gas", needed, cap: caps.gas };
  const blob = leastBlobFee(market, replaced);
  if (blob !== undefined && blob > caps.blobGas) return { what: "blob gas", needed: blob, cap: caps.blobGas };
  const maxPriorityFeePerGas = leastTip(market, replaced);
  const roomy = larger(market.baseFee * BASE_FEE_ROOM + maxPriorityFeePerGas, needed);
  const fees = { maxFeePerGas: smaller(roomy, caps.gas), maxPriorityFeePerGas };
  if (blob === undefined) return fees;
  return { ...fees, maxFeePerBlobGas: smaller(larger(market.blobBaseFee! * BLOB_FEE_ROOM, blob), caps.blobGas) };
}

export const isTooDear = (offered: Fees | TooDear): offered is TooDear => "needed" in offered;

/** The `maxFeePerGas` that it takes now, at least. */
function leastFee(market: Market, replaced?: Fees): bigint {
  const enough = market.baseFee + leastTip(market, replaced);
  return replaced === undefined ? enough : larger(enough, raised(replaced.maxFeePerGas, market));
}

const leastTip = (market: Market, replaced?: Fees): bigint =>
  replaced === undefined
    ? market.priorityFee
    : larger(market.priorityFee, raised(replaced.maxPriorityFeePerGas, market));

/** The same of a blob's gas; `undefined` for a transaction without one. */
function leastBlobFee(market: Market, replaced?: Fees): bigint | undefined {
  const { blobBaseFee } = market;
  if (blobBaseFee === undefined || replaced?.maxFeePerBlobGas === undefined) return blobBaseFee;
  return larger(blobBaseFee, raised(replaced.maxFeePerBlobGas, market));
}

/**
 * What nodes take a replacement for: an eighth more, rounded up, as they want 10 % more of both fees (Geth), or 12.5 % (others);
 * of a transaction with a blob twice as much of all three.
 */
const raised = (fee: bigint, { blobBaseFee }: Market): bigint =>
  blobBaseFee === undefined ? fee + fee / 8n + 1n : larger(2n * fee, fee + 1n);

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
