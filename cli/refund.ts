import type { Command } from "commander";
import { keyOption } from "./support/l1-account.ts";
import { accountOption, blockOption, dryRunOption, freezeOption } from "./support/l1-options.ts";
import { payerFileOption, rollupOption, rpcOption, storeOption } from "./support/l1-options.ts";
import { passwordOption } from "./support/wallet-options.ts";
import type { LeaveOptions } from "./support/leave.ts";

interface RefundOptions extends Omit<LeaveOptions, "keys"> {
  readonly json?: true;
}

export function addRefund(program: Command): void {
  program
    .command("refund")
    .description("get deposits back from a frozen rollup that no batch took; needs neither key files nor a proof")
    .addOption(rpcOption())
    .addOption(rollupOption())
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
      "\nA deposit goes back to the L1 address that it named, by default the one that paid it. ./sheaf exit does this too.",
    )
    .action(async ({ json, ...options }: RefundOptions) => {
      const { leaveRollup } = await import("./support/leave.ts");
      const { describeExits } = await import("./support/exits.ts");
      const { printResult } = await import("./support/output.ts");
      const result = await leaveRollup(options);
      printResult(json, result, () => describeExits(result));
    });
}
