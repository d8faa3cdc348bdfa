import type { Command } from "commander";
import type { Narrator } from "../devnet/demo/run.ts";
import { wholeNumber } from "./support/prover-options.ts";
import { sizesNamed, sizesOption } from "./support/sizes.ts";

interface DemoOptions {
  readonly transfers?: string;
  readonly sizes: string[];
  readonly workers: number;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .option("--transfers <file>", "your own transfers instead: CSV or JSON with from, to, token, amount, fee")
    .addOption(sizesOption())
    .option("--workers <number>", "processes that prove batches side by side; 0: none besides this", wholeNumber(0), 0)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
In a list of transfers, from and to are wallets' names (any text), or to is L1 for a withdrawal; token is ETH or TEST;
amount and fee are whole tokens, as 0.25, or base units, as "250 wei". An example:

  from,to,token,amount,fee
  alice,bob,ETH,1.5,0.001
  bob,L1,ETH,0.5,0`,
    )
    .action(async ({ transfers, sizes, workers, json }: DemoOptions) => {
      const { describeDemo } = await import("./support/demo-report.ts");
      const { runDemo } = await import("../devnet/demo/run.ts");
      const { DEFAULT_SCENARIO, scenarioOf } = await import("../devnet/demo/scenario.ts");
      const { readTransferList } = await import("../devnet/demo/transfer-list.ts");
      const { DEVELOPMENT_WARNING } = await import("../prover/setup/development.ts");
      const { printResult, say } = await import("./support/output.ts");
      const { withProgress } = await import("./support/progress.ts");

      const scenario = transfers === undefined ? DEFAULT_SCENARIO : scenarioOf(await readTransferList(transfers));
      say(DEVELOPMENT_WARNING);
      const progress: Narrator["progress"] = (label, work, expectedSeconds) =>
        withProgress(label, work, expectedSeconds === undefined ? {} : { expectedSeconds });
      const result = await runDemo(scenario, sizesNamed(sizes), { say, progress }, workers);
      printResult(json, result, () => describeDemo(result));
    });
}
