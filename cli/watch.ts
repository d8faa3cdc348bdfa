import { Option, type Command } from "commander";
import { ALARMS } from "../node/watch/alarms.ts";
import { blockOption, rollupOption, storeOption } from "./support/l1-options.ts";
import { wholeNumber } from "./support/prover-options.ts";
import type { WatchCommandOptions } from "./support/watch.ts";

export function define(command: Command): void {
  command
    .addOption(
      new Option(
        "--rpc <url...>",
        "JSON-RPC of an L1 node; with two of them, whether they agree",
      ).makeOptionMandatory(),
    )
    .addOption(rollupOption())
    .option("--webhook <url>", "where alarms are posted as JSON, when they come and when they go")
    .option("--once", "look once (default: until the first alarm; with --webhook until interrupted)")
    .option("--deadline-margin <seconds>", "when a deadline is near", wholeNumber(0), 86_400)
    .option("--stall-time <seconds>", "how long something may wait in the queue", wholeNumber(0), 21_600)
    .option("--interval <seconds>", "between two looks", wholeNumber(1), 60)
    .addOption(storeOption())
    .addOption(blockOption())
    .option("--json", "print JSON: one line a look")
    .addHelpText(
      "after",
      `\nExit code: 0 without alarms, else the gravest one's:\n${exitCodes()}\n\nMore in docs/operations.md.`,
    )
    .action(async (options: WatchCommandOptions) => {
      const { watch } = await import("./support/watch.ts");
      process.exitCode = await watch(options);
    });
}

const exitCodes = (): string =>
  Object.entries(ALARMS)
    .map(([kind, code]) => `  ${code}  ${kind}`)
    .join("\n");
