import { waitingSince, type PooledSigned } from "../pool/operation.ts";

/** Above every fee. */
const AGED = 1n << 128n;

/**
 * The most urgent first: those that have waited since before a time, then by fee. An account's operations keep their order:
 * none is more urgent than the one before it.
 *
 * @param waiting in the order of arrival
 * @param agedBefore milliseconds of Unix time
 */
export function byUrgency(waiting: readonly PooledSigned[], agedBefore: number): readonly PooledSigned[] {
  const ofAccount = new Map<number, bigint>();
  const ranked = waiting.map((pooled) => {
    const { from, fee } = pooled.accepted.operation;
    const own = waitingSince(pooled) < agedBefore ? AGED : fee;
    const before = ofAccount.get(from) ?? AGED;
    const urgency = own < before ? own : before;
    ofAccount.set(from, urgency);
    return { pooled, urgency };
  });
  // Sorting is stable: of the same urgency the first comes first.
  ranked.sort((a, b) => (a.urgency === b.urgency ? 0 : a.urgency > b.urgency ? -1 : 1));
  return ranked.map(({ pooled }) => pooled);
}
