import type { State } from "../../api/schemas.ts";
import type { ServedNode } from "./served-node.ts";

/** The rollup as it is now. */
export class StateView {
  readonly #node: ServedNode;
  /** How many accounts there were after a batch: only those of later ones are counted. */
  #counted: { readonly batch: number; readonly chain: string; readonly accounts: number } | undefined;

  constructor(node: ServedNode) {
    this.#node = node;
  }

  now(): State {
    const { store, pool } = this.#node;
    const { lastBatch, queueBounds, chainId, rollup } = store;
    const { root } = store.state();
    const accounts = this.#count();
    const deadline = store.queued(queueBounds.head)?.deadline;
    return {
      ...{ chainId, rollup, root, batch: lastBatch?.number ?? 0, block: store.cursor.number },
      accounts,
      pending: pool.operations.count("pending"),
      queue: { ...queueBounds, ...(deadline !== undefined && { deadline }) },
      isFrozen: store.isFrozen,
    };
  }

  #count(): number {
    const { store } = this.#node;
    const { number: batch, chain } = store.lastBatch ?? { number: 0, chain: "" };
    const before = this.#counted;
    // A reorganisation may have taken the batch back.
    const isThere = before !== undefined && before.batch <= batch && store.batch(before.batch)?.chain === before.chain;
    const accounts = isThere
      ? before.accounts + (before.batch === batch ? 0 : store.stored().count(before.batch))
      : store.stored().count();
    this.#counted = { batch, chain, accounts };
    return accounts;
  }
}
