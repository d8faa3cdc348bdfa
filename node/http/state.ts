import type { State } from "../../api/schemas.ts";
import type { ServedNode } from "./served-node.ts";

/** The rollup as it is now. */
export class StateView {
  readonly #node: ServedNode;
  /** All accounts are gone through to count them: once for each state. */
  #counted: { readonly root: bigint; readonly accounts: number } | undefined;

  constructor(node: ServedNode) {
    this.#node = node;
  }

  now(): State {
    const { store, pool } = this.#node;
    const { lastBatch, queueBounds, chainId, rollup } = store;
    const { root } = store.state();
    if (this.#counted?.root !== root) this.#counted = { root, accounts: store.stored().count() };
    const deadline = store.queued(queueBounds.head)?.deadline;
    return {
      ...{ chainId, rollup, root, batch: lastBatch?.number ?? 0, block: store.cursor.number },
      accounts: this.#counted.accounts,
      pending: pool.operations.count("pending"),
      queue: { ...queueBounds, ...(deadline !== undefined && { deadline }) },
      isFrozen: store.isFrozen,
    };
  }
}
