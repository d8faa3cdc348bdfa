import type { Command } from "commander";
import { keyOption } from "./support/l1-account.ts";
import { accountOption, blockOption, dryRunOption, freezeOption, keysOption } from "./support/l1-options.ts";
import { payerFileOption, rollupOption, rpcOption, storeOption } from "./support/l1-options.ts";
import { passwordOption } from "./support/wallet-options.ts";
import type { LeaveOptions } from "./support/leave.ts";

interface ExitOptions extends LeaveOptions {
  readonly keys: string;
  readonly json?: true;
}

export function addExit(program: Command): void {
  program
    .command("exit")
    .description("leave a frozen rollup: proves each account of an L1 address to L1, and takes out all that is its own")
    .addOption(rpcOption())
    .addOption(rollupOption())
    .addOption(keysOption())
    .addOption(keyOption())
    .addOption(payerFileOption())
    .addOption(passwordOption())
    .addOption(accountOption())
    .addOption(freezeOption())
    .addOption(dryRunOption())
    .addOption(storeOption())
    .addOption(blockOption())
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nMay be run again at any time: what has left already is not tried twice. More in docs/operations.md.",
    )
    .action(async ({ json, ...options }: ExitOptions) => {
      const { leaveRollup } = await import("./support/leave.ts");
      const { describeExits } = await import("./support/exits.ts");
      const { printResult } = await import("./support/output.ts");
      const result = await leaveRollup(options);
      printResult(json, result, () => describeExits(result));
    });
}
