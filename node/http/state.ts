import type { State } from "../../api/schemas.ts";
import { inSlices } from "../../protocol/slices.ts";
import type { Steps } from "../../protocol/steps.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import type { Store } from "../store/store.ts";
import type { ServedNode } from "./served-node.ts";

interface Counted {
  readonly batch: number;
  readonly chain: string;
  readonly accounts: number;
}

/** The rollup as it is now. */
export class StateView {
  readonly #node: ServedNode;
  /** How many accounts there were after a batch: only those of later ones are counted. */
  #counted: Counted | undefined;
  #counting: Promise<number> | undefined;

  constructor(node: ServedNode) {
    this.#node = node;
  }

  async now(): Promise<State> {
    // A request that comes while all are counted waits for the same count.
    const accounts = await (this.#counting ??= this.#count().finally(() => (this.#counting = undefined)));
    const { store, pool } = this.#node;
    const { lastBatch, queueBounds, chainId, rollup } = store;
    const { root } = store.state();
    const deadline = store.queued(queueBounds.head)?.deadline;
    return {
      ...{ chainId, rollup, root, batch: lastBatch?.number ?? 0, block: store.cursor.number },
      accounts,
      pending: pool.operations.count("pending"),
      early: this.#node.early.size,
      queue: { ...queueBounds, ...(deadline !== undefined && { deadline }) },
      isFrozen: store.isFrozen,
    };
  }

  async #count(): Promise<number> {
    const { store } = this.#node;
    const { retreats } = store;
    const { number: batch, chain } = store.lastBatch ?? { number: 0, chain: "" };
    const before = this.#counted;
    // A reorganisation may have taken the batch back.
    const isThere = before !== undefined && before.batch <= batch && store.batch(before.batch)?.chain === before.chain;
    const accounts = await inSlices(
      isThere ? moreSteps(store, before, batch) : store.stored(batch).countSteps(),
      SYSTEM_CLOCK,
    );
    // Of a count that a reorganisation came into, nobody knows what it counted.
    if (store.retreats === retreats) this.#counted = { batch, chain, accounts };
    return accounts;
  }
}

/** Counts on, a batch at a time. */
function* moreSteps(store: Store, { batch, accounts }: Counted, to: number): Steps<number> {
  let count = accounts;
  for (let after = batch; after < to; after++) {
    count += store.stored(after + 1).countSince(after);
    yield;
  }
  return count;
}
