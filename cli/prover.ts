import { join } from "node:path";
import { Option, type Command } from "commander";
import type { Logger } from "pino";
import { requireFree } from "../http/listening.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { BUILD, ensureKeys } from "../prover/artifacts/artifacts.ts";
import { localProgram, type LocalProgram } from "../prover/artifacts/program.ts";
import { BACKENDS, type Backend } from "../prover/backends/backend.ts";
import type { FleetLog } from "../prover/service/fleet.ts";
import { DEVELOPMENT_WARNING } from "../prover/setup/development.ts";
import { setupKind } from "./support/keys.ts";
import { logFormatOf, logFormatOption, logLevelOption, runLogged, type LogOptions } from "./support/log.ts";
import {
  PROVER_DATA,
  proverToken,
  sizesNamed,
  sizesOption,
  TOKEN_VARIABLE,
  untilStopped,
  wholeNumber,
} from "./support/options.ts";
import { printResult } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

// Each of the three loads what it alone runs: a machine may have many workers.

export function define(prover: Command): void {
  addProverServe(prover);
  addProverWorker(prover);
  addProverLoad(prover);
}

interface ServeOptions extends LogOptions {
  readonly host: string;
  readonly port: number;
  readonly url?: string;
  readonly queue?: string;
  readonly data: string;
  readonly sizes: string[];
  readonly production?: true;
  readonly workers: number;
  readonly backend?: Backend;
  readonly maxQueued: number;
}

function addProverServe(prover: Command): void {
  prover
    .command("serve")
    .description("run the service: takes batches and witnesses over HTTP, has them proven, checks every proof")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 for any", wholeNumber(0, 65_535), 8787)
    .option("--url <url>", "what workers reach this service by (default: its host and port)")
    .option("--queue <url>", "sqlite:FILE, redis://… or postgres://… (default: a file in the data folder)")
    .option("--data <folder>", "folder for what was submitted, until it is proven", PROVER_DATA)
    .addOption(sizesOption())
    .option("--production", "use the production keys of the sizes")
    .option("--workers <number>", "worker processes on this machine", wholeNumber(0), 1)
    .addOption(new Option("--backend <name>", "what the workers prove with").choices(BACKENDS))
    .option("--max-queued <number>", "jobs that may wait at a time", wholeNumber(1), 10_000)
    .addOption(logLevelOption())
    .addOption(logFormatOption())
    .addHelpText(
      "after",
      `\nClients send the token in ${TOKEN_VARIABLE}, if there is one, as: Authorization: Bearer TOKEN.`,
    )
    .action(async ({ log: level, logFormat, ...options }: ServeOptions) => {
      await runLogged({ log: level, logFormat }, (log) =>
        serveProofs(options, log, { level, format: logFormatOf({ logFormat }) }),
      );
    });
}

async function serveProofs(
  { sizes, production, workers, backend, ...options }: Omit<ServeOptions, keyof LogOptions>,
  log: Logger,
  workersLog: FleetLog,
): Promise<void> {
  const { startService } = await import("../prover/service/service.ts");
  const { superviseWorkers } = await import("../prover/service/fleet.ts");

  await requireFree(options.host, options.port);
  const { programs, withoutKeys } = await localPrograms(sizesNamed(sizes), production, log);
  const token = proverToken();
  const service = await startService({ ...options, programs, withoutKeys, token, log });
  const fleet = superviseWorkers({ queue: service.queue, count: workers, backend, token, log, workersLog });
  log.info(
    { openApi: `${service.url}/openapi.json`, queue: withoutPassword(service.queue) },
    `prover service: ${service.url}`,
  );
  const stopped = untilStopped();
  await new Promise((done) => stopped.addEventListener("abort", done));
  await fleet.close();
  await service.close();
}

const withoutPassword = (url: string): string => url.replace(/(:\/\/[^:@/]*):[^@/]*@/, "$1:…@");

interface WorkerOptions extends LogOptions {
  readonly queue: string;
  readonly coordinator?: string;
  readonly sizes?: string[];
  readonly name?: string;
  readonly cache: string;
  readonly backend?: Backend;
  readonly deadline: number;
}

function addProverWorker(prover: Command): void {
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
      const { makeProver } = await import("../prover/backends/make-prover.ts");
      const { joinFleet } = await import("../prover/service/join.ts");

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

interface LoadOptions {
  readonly jobs: number;
  readonly workers: number;
  readonly milliseconds: number;
  readonly queue?: string;
  readonly json?: true;
}

function addProverLoad(prover: Command): void {
  prover
    .command("load")
    .description("measure the service without proving: many jobs, and stubs of known duration instead of provers")
    .option("--jobs <number>", "jobs to submit", wholeNumber(1), 500)
    .option("--workers <number>", "stubs", wholeNumber(1), 4)
    .option("--milliseconds <number>", "time that a stub takes for a proof", wholeNumber(0), 100)
    .option("--queue <url>", "an empty queue (default: an embedded one)")
    .option("--json", "print JSON")
    .action(async ({ json, ...options }: LoadOptions) => {
      const { runLoad } = await import("../bench/load/run.ts");
      const expectedSeconds = 10 + (options.jobs * (options.milliseconds + 50)) / options.workers / 1000;
      const report = await withProgress("load", () => runLoad(options), { expectedSeconds });
      printResult(json, report, () =>
        Object.entries(report).map(([name, value]) => `${name.padEnd(14)} ${Number(value.toFixed(3))}`),
      );
    });
}

/** What can be proven of these sizes; development keys are made where they are missing, production keys are not. */
async function localPrograms(
  sizes: readonly BatchSize[],
  production: boolean | undefined,
  log: Logger,
): Promise<{ readonly programs: readonly LocalProgram[]; readonly withoutKeys: readonly string[] }> {
  const [programs, withoutKeys]: [LocalProgram[], string[]] = [[], []];
  for (const size of sizes) {
    try {
      const { circuit, key } = await withProgress(`keys ${size.name}`, (onProgress) =>
        ensureKeys(size, { setup: setupKind(production), onProgress }),
      );
      programs.push(await localProgram(circuit, key));
    } catch (error) {
      if (!(error instanceof SheafError) || error.code !== "KEY_MISSING") throw error;
      withoutKeys.push(size.name);
    }
  }
  if (!production) log.warn(DEVELOPMENT_WARNING);
  return { programs, withoutKeys };
}
