import type { L1 } from "../l1/l1.ts";
import type { QueuedOperation, Store } from "../store/store.ts";
import type { Alarm } from "./alarms.ts";

/** What a store alone says of the queue at a time, in Unix seconds, and of the end that it has brought. */
export function deadlineAlarms(store: Store, time: number, margin: number): readonly Alarm[] {
  if (store.isFrozen) return [{ kind: "frozen", message: "the rollup is frozen: leave with ./sheaf exit" }];
  const first = oldest(store);
  if (first === undefined) return [];
  const { deadline } = first;
  if (time > deadline) {
    const message = `${named(store)} is overdue since ${dateOf(deadline)}: anyone may serve it with ./sheaf propose`;
    return [{ kind: "queue-overdue", message }];
  }
  if (deadline - time > margin) return [];
  return [{ kind: "deadline-near", message: `${named(store)} must be served until ${dateOf(deadline)}` }];
}

/** Whether the queue has waited for so long that anyone may freeze the rollup. */
export async function freezeAlarms(l1: L1, store: Store, time: number): Promise<readonly Alarm[]> {
  const first = oldest(store);
  if (first === undefined || time <= first.deadline) return [];
  const freezeTime = Number((await l1.call("freezeTime", [], store.cursor.number))[0]);
  if (time <= freezeTime) return [];
  const message = `nobody served ${named(store)}: anyone may freeze the rollup since ${dateOf(freezeTime)}`;
  return [{ kind: "freezable", message }];
}

/** Whether the queue's oldest operation has waited for more than so many seconds, though its deadline may be far. */
export async function stallAlarms(l1: L1, store: Store, time: number, stallTime: number): Promise<readonly Alarm[]> {
  const first = oldest(store);
  if (first === undefined) return [];
  const { timestamp } = await l1.requireBlock(first.block);
  if (time - timestamp <= stallTime) return [];
  return [{ kind: "queue-stalled", message: `${named(store)} has waited since ${dateOf(timestamp)}` }];
}

/** What waits longest and is to be served; nothing once the rollup is frozen. */
function oldest(store: Store): QueuedOperation | undefined {
  const { head, tail } = store.queueBounds;
  return store.isFrozen || head === tail ? undefined : store.queued(head);
}

function named(store: Store): string {
  const { head, tail } = store.queueBounds;
  return `operation ${head} of the queue (${tail - head} wait)`;
}

const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
