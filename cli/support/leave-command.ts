import type { Command, Option } from "commander";
import { keyOption } from "./l1-account.ts";
import { accountOption, blockOption, dryRunOption, freezeOption } from "./l1-options.ts";
import { payerFileOption, rollupOption, rpcOption, storeOption } from "./l1-options.ts";
import type { LeaveOptions } from "./leave.ts";
import { passwordOption, withOptions } from "./wallet-options.ts";

interface LeaveCommandOptions extends LeaveOptions {
  readonly json?: true;
}

/**
 * Makes a command take what is an L1 address's out of a frozen rollup.
 *
 * @param own options of this command alone
 */
export function addLeaving(command: Command, note: string, own: readonly Option[] = []): void {
  withOptions(command, [
    ...[rpcOption(), rollupOption(), ...own, keyOption(), payerFileOption(), passwordOption()],
    ...[accountOption(), freezeOption(), dryRunOption(), storeOption(), blockOption()],
  ])
    .option("--json", "print JSON")
    .addHelpText("after", `\n${note}`)
    .action(async ({ json, ...options }: LeaveCommandOptions) => {
      const { leaveRollup } = await import("./leave.ts");
      const { describeExits } = await import("./exits.ts");
      const { printResult } = await import("./output.ts");
      const result = await leaveRollup(options);
      printResult(json, result, () => describeExits(result));
    });
}
