import type { Command } from "commander";
import { wholeNumber } from "./prover-options.ts";

interface LoadOptions {
  readonly jobs: number;
  readonly workers: number;
  readonly milliseconds: number;
  readonly queue?: string;
  readonly json?: true;
}

export function addProverLoad(prover: Command): void {
  prover
    .command("load")
    .description("measure the service without proving: many jobs, and stubs of known duration instead of provers")
    .option("--jobs <number>", "jobs to submit", wholeNumber(1), 500)
    .option("--workers <number>", "stubs", wholeNumber(1), 4)
    .option("--milliseconds <number>", "time that a stub takes for a proof", wholeNumber(0), 100)
    .option("--queue <url>", "an empty queue (default: an embedded one)")
    .option("--json", "print JSON")
    .action(async ({ json, ...options }: LoadOptions) => {
      const { runLoad } = await import("../../bench/load/run.ts");
      const { printResult } = await import("./output.ts");
      const { withProgress } = await import("./progress.ts");
      const expectedSeconds = 10 + (options.jobs * (options.milliseconds + 50)) / options.workers / 1000;
      const report = await withProgress("load", () => runLoad(options), { expectedSeconds });
      printResult(json, report, () =>
        Object.entries(report).map(([name, value]) => `${name.padEnd(14)} ${Number(value.toFixed(3))}`),
      );
    });
}
