import type { Command } from "commander";
import type { Narrator } from "../scripts/demo/run.ts";
import { untilStopped, wholeNumber } from "./support/prover-options.ts";
import { sizesNamed, sizesOption } from "./support/sizes.ts";

interface DevCommandOptions {
  readonly port: number;
  readonly l1Port: number;
  readonly sizes: string[];
  readonly state?: string;
  readonly json?: true;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export function addDev(program: Command): void {
  program
    .command("dev")
    .description(
      "run everything on this machine: a chain, a rollup, its node and prover, the explorer, funded accounts",
    )
    .option("--port <number>", "port of the explorer and the API; 0 for any", wholeNumber(0, 65_535), 8790)
    .option("--l1-port <number>", "port of the chain's JSON-RPC; 0 for any", wholeNumber(0, 65_535), 8545)
    .addOption(sizesOption())
    .option("--state <folder>", "keep the chain and the node's data here, and go on with what is here")
    .option("--json", "print JSON")
    .addHelpText("after", "\nRuns until Ctrl-C, and leaves nothing behind but the folder that --state names.")
    .action(async ({ sizes, json, ...options }: DevCommandOptions) => {
      const { startDev } = await import("../scripts/dev/run.ts");
      const { DEVELOPMENT_WARNING } = await import("../prover/setup/development.ts");
      const { describeDev } = await import("./support/dev-report.ts");
      const { printResult, say } = await import("./support/output.ts");
      const { withProgress } = await import("./support/progress.ts");

      say(DEVELOPMENT_WARNING);
      // What is begun is not worth waiting for; what it has made so far goes with the process.
      const leave = (): never => process.exit(130);
      for (const signal of SIGNALS) process.on(signal, leave);
      const progress: Narrator["progress"] = (label, work, expectedSeconds) =>
        withProgress(label, work, expectedSeconds === undefined ? {} : { expectedSeconds });
      const { close, ...rollup } = await startDev({ ...options, sizes: sizesNamed(sizes) }, { say, progress });
      printResult(json, rollup, () => describeDev(rollup));
      for (const signal of SIGNALS) process.removeListener(signal, leave);
      const stopped = untilStopped();
      await new Promise((done) => stopped.addEventListener("abort", done));
      // Whoever stops it twice does not want to wait for the step under way.
      for (const signal of SIGNALS) process.on(signal, leave);
      await close();
    });
}
