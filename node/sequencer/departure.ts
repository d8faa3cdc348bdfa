/** When proven batches leave for L1. Times are milliseconds. */
export interface DeparturePolicy {
  /** Batches that leave in one transaction, at most. */
  readonly most: number;
  /** The longest that a proven batch waits for another one to leave with. */
  readonly longestWait: number;
  /** What it is worth to the operator that a batch is on L1 an hour earlier, in wei. */
  readonly hourPrice: bigint;
}

/** Proven batches in a row that could leave now. */
export interface Gathering {
  /** For how long each of them will have waited when they are looked at next. */
  readonly waits: readonly number[];
  /** Whether one transaction has no room for another one. */
  readonly isFull: boolean;
  /** Whether L1's queue cannot wait. */
  readonly isUrgent: boolean;
  /** Wei that the next batch costs less in one transaction with them than by itself; `undefined` if none is being proven. */
  readonly saving: bigint | undefined;
}

const HOUR = 3_600_000;

/** Whether they leave, in one transaction, or wait for the next batch: until their waiting costs what it would save. */
export function mayDepart(
  { longestWait, hourPrice }: DeparturePolicy,
  { waits, isFull, isUrgent, saving }: Gathering,
): boolean {
  if (isFull || isUrgent || saving === undefined || waits[0]! > longestWait) return true;
  const waited = waits.reduce((sum, wait) => sum + wait, 0);
  return BigInt(Math.ceil(waited)) * hourPrice >= saving * BigInt(HOUR);
}
