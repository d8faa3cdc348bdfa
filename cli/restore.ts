import type { Command } from "commander";
import { blockOption, rollupOption, rpcOption, storeOption } from "./support/l1-options.ts";

interface RestoreOptions {
  readonly rpc: string;
  readonly rollup: string;
  readonly store?: string;
  readonly fromBlock?: number;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .addOption(rpcOption())
    .addOption(rollupOption())
    .addOption(storeOption())
    .addOption(blockOption())
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nAny node serves that has blocks, logs and transactions. What to do with it: docs/operations.md.",
    )
    .action(async ({ json, ...options }: RestoreOptions) => {
      const { followToHead } = await import("./support/follow.ts");
      const { describeRestored, restored } = await import("./support/restored.ts");
      const { printResult } = await import("./support/output.ts");
      const { store, followed } = await followToHead(options);
      try {
        const result = restored(store, followed);
        printResult(json, result, () => describeRestored(result));
      } finally {
        store.close();
      }
    });
}
