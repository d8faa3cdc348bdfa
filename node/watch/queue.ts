import type { L1 } from "../l1.ts";
import type { Store } from "../store/store.ts";
import type { Alarm } from "./alarms.ts";

export interface QueueLimits {
  /** Seconds before the oldest deadline at which it counts as near. */
  readonly deadlineMargin: number;
  /** Seconds after which what waits in the queue counts as stalled. */
  readonly stallTime: number;
}

/**
 * Looks at what waits in the queue, and at the end that it may bring.
 *
 * @param time Unix time in seconds
 */
export async function queueAlarms(l1: L1, store: Store, time: number, limits: QueueLimits): Promise<readonly Alarm[]> {
  if (store.isFrozen) return [{ kind: "frozen", message: "the rollup is frozen: leave with ./sheaf exit" }];
  const { head, tail } = store.queueBounds;
  if (head === tail) return [];
  const { deadline } = store.queued(head)!;
  const what = `operation ${head} of the queue (${tail - head} wait)`;
  const alarms: Alarm[] = [];
  if (time > deadline) {
    const freezeTime = Number((await l1.call("freezeTime", [], store.cursor.number))[0]);
    if (time > freezeTime) {
      const message = `nobody served ${what}: anyone may freeze the rollup since ${dateOf(freezeTime)}`;
      alarms.push({ kind: "freezable", message });
    }
    const message = `${what} is overdue since ${dateOf(deadline)}: anyone may serve it with ./sheaf propose`;
    alarms.push({ kind: "queue-overdue", message });
  } else if (deadline - time <= limits.deadlineMargin) {
    alarms.push({ kind: "deadline-near", message: `${what} must be served until ${dateOf(deadline)}` });
  }
  const { timestamp } = await l1.requireBlock(store.queuedIn(head)!);
  if (time - timestamp > limits.stallTime) {
    alarms.push({ kind: "queue-stalled", message: `${what} has waited since ${dateOf(timestamp)}` });
  }
  return alarms;
}

const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
