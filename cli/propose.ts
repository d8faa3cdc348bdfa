import type { Command } from "commander";
import { keyOption } from "./support/l1-account.ts";
import { blockOption, keysOption, payerFileOption } from "./support/l1-options.ts";
import { rollupOption, rpcOption, storeOption } from "./support/l1-options.ts";
import type { ProposeOptions } from "./support/serve-queue.ts";
import { passwordOption } from "./support/wallet-options.ts";

export function define(command: Command): void {
  command
    .addOption(rpcOption())
    .addOption(rollupOption())
    .addOption(keysOption())
    .addOption(keyOption())
    .addOption(payerFileOption())
    .addOption(passwordOption())
    .addOption(storeOption())
    .addOption(blockOption())
    .option("--json", "print JSON: the batches that were submitted")
    .addHelpText("after", "\nGoes on until nothing in the queue is overdue. More in docs/operations.md.")
    .action(async ({ json, ...options }: ProposeOptions) => {
      const { serveQueue } = await import("./support/serve-queue.ts");
      const { printResult, table } = await import("./support/output.ts");
      const batches = await serveQueue(options);
      printResult(json, batches, () => {
        if (batches.length === 0) return "somebody else was first: nothing in the queue is overdue any more";
        return table(
          ["batch", "size", "L1 ops", "gas", "transaction"],
          batches.map(({ batch, size, l1Operations, gasUsed, transaction }) => [
            ...[batch, size, l1Operations, gasUsed].map(String),
            transaction,
          ]),
        );
      });
    });
}
