import type { Command } from "commander";
import type { Followed } from "../node/follow/follower.ts";
import { writeSnapshot } from "../node/snapshot/snapshot-file.ts";
import type { Store } from "../node/store/store.ts";
import { finish } from "../protocol/steps.ts";
import { EMPTY_NODES } from "../protocol/tree.ts";
import { followToHead, type FollowChoice } from "./support/follow.ts";
import { followOptions, rollupOption, rpcOption, withOptions } from "./support/options.ts";
import { printResult } from "./support/output.ts";

interface RestoreOptions extends FollowChoice {
  readonly writeSnapshot?: string;
  readonly json?: true;
}

export function define(command: Command): void {
  withOptions(command, [rpcOption(), rollupOption(), ...followOptions()])
    .option("--snapshot <file>", "begin with the state in a file, from anybody: it is taken if its root is on L1")
    .option("--write-snapshot <file>", "write the state after the last batch for others to begin with")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nAny node serves that has blocks, logs and transactions. What to do with it: docs/operations.md.",
    )
    .action(async ({ json, writeSnapshot: file, ...options }: RestoreOptions) => {
      const { store, followed } = await followToHead(options);
      try {
        if (file !== undefined) await writeSnapshot(file, store);
        const result = restored(store, followed);
        printResult(json, result, () => describeRestored(result));
      } finally {
        store.close();
      }
    });
}

/** What `./sheaf restore` prints. */
type Restored = ReturnType<typeof restored>;

function restored(store: Store, { block, verified, unread, reorganisations }: Followed) {
  const last = store.lastBatch;
  const { head, tail } = store.queueBounds;
  return {
    chainId: store.chainId,
    rollup: store.rollup,
    store: store.path,
    block: block.number,
    blockHash: block.hash,
    batches: last?.number ?? 0,
    ...(store.snapshot > 0 && { snapshot: store.snapshot }),
    root: last?.root ?? EMPTY_NODES.at(-1)!,
    accounts: finish(store.stored().countSteps()),
    tokens: store.tokens(),
    frozen: store.isFrozen,
    queue: { done: head, waiting: tail - head },
    verified,
    unread,
    reorganisations,
  };
}

function describeRestored(result: Restored): readonly string[] {
  const { chainId, rollup, store, block, batches, root, accounts, queue, verified } = result;
  return [
    `rollup    ${rollup} on chain ${chainId}`,
    `block     ${block}`,
    `batches   ${batches}, each root checked`,
    ...(result.snapshot === undefined
      ? []
      : [`snapshot  of batch ${result.snapshot}: what was before it is not known`]),
    `accounts  ${accounts}`,
    `queue     ${queue.done} operations done, ${queue.waiting} waiting`,
    ...(result.frozen ? ["frozen    for good: leave with ./sheaf exit"] : []),
    `root      ${root}${verified ? ", as the contract says" : ""}`,
    `store     ${store}`,
  ];
}
