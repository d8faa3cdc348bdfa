import type { State } from "../../api/schemas.ts";
import type { ServedNode } from "./served-node.ts";

/** The rollup as it is now. */
export function stateOf({ store, pool }: ServedNode): State {
  const { lastBatch, queueBounds, chainId, rollup } = store;
  const stored = store.stored();
  const deadline = store.queued(queueBounds.head)?.deadline;
  return {
    ...{ chainId, rollup, root: store.state().root, batch: lastBatch?.number ?? 0, block: store.cursor.number },
    accounts: stored.count(),
    pending: pool.operations.count("pending"),
    queue: { ...queueBounds, ...(deadline !== undefined && { deadline }) },
    isFrozen: store.isFrozen,
  };
}
