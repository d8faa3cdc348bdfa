import { contractValues, requireContractValues } from "../follow/contract-values.ts";
import { requireChain } from "../follow/follower.ts";
import type { L1 } from "../l1/l1.ts";
import type { Store } from "../store/store.ts";
import type { Alarm } from "./alarms.ts";
import { alarmOf } from "./trouble.ts";

/** Blocks that reorganisations commonly take back: above them nodes may differ for a while. */
const SETTLED = 12;
/** Blocks that one node may be behind the other. */
const MOST_LAG = 32;

/** Compares what was read from one node with what another one says. */
export async function disagreements(first: L1, second: L1, store: Store): Promise<readonly Alarm[]> {
  const disagree = (message: string): readonly Alarm[] => [{ kind: "nodes-disagree", message }];
  const { cursor } = store;
  await requireChain(second, store.chainId);
  const head = (await second.block("latest"))?.number ?? 0;
  const lag = Math.abs(head - cursor.number);
  if (lag > MOST_LAG) return disagree(`one is at block ${cursor.number}, the other at ${head}`);

  const settled = Math.max(0, Math.min(cursor.number, head) - SETTLED);
  const [ours, theirs] = await Promise.all([first.block(settled), second.block(settled)]);
  if (ours?.hash !== theirs?.hash) {
    return disagree(`block ${settled} is ${ours?.hash ?? "missing"} by one, ${theirs?.hash ?? "missing"} by the other`);
  }
  if ((await second.block(cursor.number))?.hash !== cursor.hash) return [];
  try {
    requireContractValues(
      store,
      await contractValues(second, cursor.number, [store.queueBounds.head], store.tokens().length),
    );
    return [];
  } catch (error) {
    return disagree(`the second contradicts the first: ${alarmOf(error).message}`);
  }
}
