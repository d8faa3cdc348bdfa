import type { Command } from "commander";
import { keyOption } from "./support/l1-account.ts";
import { blockOption, keysOption, rollupOption, rpcOption, storeOption } from "./support/l1-options.ts";
import type { FollowChoice } from "./support/follow.ts";

export interface ExitOptions extends FollowChoice {
  readonly keys: string;
  readonly key: string;
  readonly account?: string;
  readonly freeze?: true;
  readonly dryRun?: true;
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
    .option("--account <address>", "L1 address whose funds leave; it gets them, whoever pays (default: the key's)")
    .option("--freeze", "freeze the rollup first, for good, if nobody served its queue in time")
    .option("--dry-run", "make the proofs and send nothing; needs no key if --account is given")
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
