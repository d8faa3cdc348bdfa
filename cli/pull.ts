import type { Command } from "commander";
import { blockOption, storeOption } from "./support/l1-options.ts";
import * as options from "./support/wallet-options.ts";
import type { PullChoice } from "./support/pull.ts";

interface PullOptions extends PullChoice {
  readonly token: string;
  readonly json?: true;
}

export function define(command: Command): void {
  options
    .withOptions(command, [
      ...[options.tokenOption(), ...options.walletChoice(), options.payerOption()],
      ...[storeOption(), blockOption()],
    ])
    .option("--json", "print JSON")
    .addHelpText("after", `\nAsks L1 alone${options.ROLLUP_BY_NODE}. More in docs/operations.md.`)
    .action(async ({ token, json, ...choice }: PullOptions) => {
      const { describePulled, pullOnL1 } = await import("./support/pull.ts");
      const { printResult } = await import("./support/output.ts");
      const pulled = await pullOnL1(token, choice);
      printResult(json, pulled, () => describePulled(pulled));
    });
}
