import { Option, type Command } from "commander";
import type { Logger } from "pino";
import { BACKENDS, type Backend } from "../../prover/backends/backend.ts";
import type { FleetLog } from "../../prover/service/fleet.ts";
import { logFormatOption, logLevelOption, type LogOptions } from "./log-options.ts";
import { PROVER_DATA, proverToken, TOKEN_VARIABLE, untilStopped, wholeNumber } from "./prover-options.ts";

import { sizesNamed, sizesOption } from "./sizes.ts";

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

export function addProverServe(prover: Command): void {
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
      const { logFormatOf, runLogged } = await import("./service-log.ts");
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
  const { requireFree } = await import("../../http/listening.ts");
  const { startService } = await import("../../prover/service/service.ts");
  const { superviseWorkers } = await import("../../prover/service/fleet.ts");
  const { localPrograms } = await import("./prover-programs.ts");

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
