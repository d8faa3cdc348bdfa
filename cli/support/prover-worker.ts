import { join } from "node:path";
import { Option, type Command } from "commander";
import { BACKENDS, type Backend } from "../../prover/backends/backend.ts";
import { logFormatOption, logLevelOption, type LogOptions } from "./log-options.ts";
import { PROVER_DATA, proverToken, TOKEN_VARIABLE, untilStopped, wholeNumber } from "./prover-options.ts";

interface WorkerOptions extends LogOptions {
  readonly queue: string;
  readonly coordinator?: string;
  readonly sizes?: string[];
  readonly name?: string;
  readonly cache: string;
  readonly backend?: Backend;
  readonly deadline: number;
}

export function addProverWorker(prover: Command): void {
  prover
    .command("worker")
    .description("join a fleet from any machine: fetch what is missing, verify it, prove until stopped")
    .requiredOption("--queue <url>", "the fleet's queue: redis://…, postgres://…, or sqlite:FILE on the same machine")
    .option("--coordinator <url>", "URL of the service (default: what it has told the queue)")
    .option("--sizes <names...>", "batch sizes to prove (default: all that the service has keys for)")
    .option("--name <name>", "unique name in the fleet (default: the machine's, with something random)")
    .option("--cache <folder>", "folder for fetched keys and inputs", join(PROVER_DATA, "cache"))
    .addOption(new Option("--backend <name>", "what computes (default: native if it can be built)").choices(BACKENDS))
    .option("--deadline <seconds>", "end the worker if a proof takes longer", wholeNumber(1), 1800)
    .addOption(logLevelOption())
    .addOption(logFormatOption())
    .addHelpText("after", `\nIf the service asks for a token, it is taken from ${TOKEN_VARIABLE}.`)
    .action(async ({ sizes, backend, deadline, log: level, logFormat, ...options }: WorkerOptions) => {
      const { BUILD } = await import("../../prover/artifacts/artifacts.ts");
      const { makeProver } = await import("../../prover/backends/make-prover.ts");
      const { joinFleet } = await import("../../prover/service/join.ts");
      const { runLogged } = await import("./service-log.ts");

      await runLogged({ log: level, logFormat }, (log) =>
        joinFleet({
          ...options,
          sizes: sizes?.flatMap((names) => names.split(",")),
          token: proverToken(),
          built: [BUILD.circuits, BUILD.keys],
          makeProver: ({ verificationKey }, paths) =>
            makeProver({ ...paths, verificationKey }, { backend, onNote: (note) => log.warn(note) }),
          deadlineMs: deadline * 1000,
          log,
          signal: untilStopped(),
        }),
      );
    });
}
