import type { Command } from "commander";
import { blockOption, storeOption } from "./support/l1-options.ts";
import * as options from "./support/wallet-options.ts";
import type { StatusChoice } from "./support/status.ts";

interface StatusOptions extends StatusChoice {
  readonly json?: true;
}

export function define(command: Command): void {
  command.argument("[id]", "what `deposit`, `transfer` or `withdraw` printed");
  options
    .withOptions(command, [...options.walletChoice(), storeOption(), blockOption()])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nWith --rpc and --rollup, and no --node, it asks L1 alone; so it does where no node answers. More in docs/operations.md.",
    )
    .action(async (id: string | undefined, { json, ...choice }: StatusOptions) => {
      const { transactionStatus, walletStatus } = await import("./support/status.ts");
      const { printResult } = await import("./support/output.ts");
      const { result, describe } = await (id === undefined ? walletStatus(choice) : transactionStatus(id, choice));
      printResult(json, result, describe);
    });
}
