import type { BatchSize } from "../protocol/constants.ts";
import { demandOf, fits } from "../protocol/demand.ts";
import type { Movements } from "../protocol/transition.ts";

type Payment = Pick<Movements["transfers"][number], "from" | "to">;

/** Accounts that the skewed mix draws from: 1, 2, …, the most active first. */
export const ZIPF_ACCOUNTS = 1_000_000;

/** Batches that the skewed mix is averaged over. */
const ZIPF_BATCHES = 50;

/** Who pays whom, and so how many account slots a transfer takes. */
export interface MixedTransfers {
  /** A ring, each account paying the next one: as many accounts as transfers. */
  readonly ring: number;
  /** Two accounts a transfer that no other touches. */
  readonly distinct: number;
  /** Senders and receivers drawn by Zipf's law with exponent 1 from `ZIPF_ACCOUNTS` accounts: the mean of many batches. */
  readonly zipf: number;
}

/** How many transfers of each mix fit a batch of this size. The fees go to an account that is in the batch anyway. */
export function transfersThatFit(size: BatchSize): MixedTransfers {
  const distinct = (row: number): Payment => ({ from: 1 + 2 * row, to: 2 + 2 * row });
  const draw = zipf(ZIPF_ACCOUNTS, 1);
  const skewed = Array.from({ length: ZIPF_BATCHES }, () => longest(size, () => ({ from: draw(), to: draw() })));
  return {
    ring: Math.min(size.transfers, size.accounts),
    distinct: longest(size, distinct),
    zipf: skewed.reduce((sum, count) => sum + count) / ZIPF_BATCHES,
  };
}

/** How many of a sequence's transfers a batch takes before one does not fit. */
function longest(size: BatchSize, payment: (row: number) => Payment): number {
  const payments: Payment[] = [];
  while (payments.length < size.transfers) {
    payments.push(payment(payments.length));
    if (!fits(size, demandOf(movements(payments)))) return payments.length - 1;
  }
  return payments.length;
}

function movements(payments: readonly Payment[]): Movements {
  const transfers = payments.map((payment) => ({ ...payment, amount: 1n, fee: 1n }));
  return { token: 0, feeAccount: payments[0]!.from, l1Operations: [], withdrawals: [], transfers };
}

/** Draws 1, 2, …, count with probabilities proportional to 1, 1/2^exponent, …: always the same sequence of draws. */
function zipf(count: number, exponent: number): () => number {
  const cumulative = new Float64Array(count);
  let total = 0;
  for (let rank = 0; rank < count; rank++) cumulative[rank] = total += (rank + 1) ** -exponent;
  const random = lehmer(1);
  return () => {
    const wanted = random() * total;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** Numbers in (0, 1) by Lehmer's generator with Park and Miller's constants (https://doi.org/10.1145/63039.63042). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
