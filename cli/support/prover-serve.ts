import { Option, type Command } from "commander";
import { BACKENDS, type Backend } from "../../prover/backends.ts";
import {
  logLevelOption,
  PROVER_DATA,
  proverToken,
  TOKEN_VARIABLE,
  untilStopped,
  wholeNumber,
} from "./prover-options.ts";
import { sizesNamed, sizesOption } from "./sizes.ts";

interface ServeOptions {
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
  readonly log: string;
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
    .addHelpText(
      "after",
      `\nClients send the token in ${TOKEN_VARIABLE}, if there is one, as: Authorization: Bearer TOKEN.`,
    )
    .action(async ({ sizes, production, workers, backend, log: level, ...options }: ServeOptions) => {
      const { destination, pino } = await import("pino");
      const { startService } = await import("../../prover/service/service.ts");
      const { superviseWorkers } = await import("../../prover/service/fleet.ts");
      const { localPrograms } = await import("./prover-programs.ts");
      const { say } = await import("./output.ts");

      const log = pino({ level }, destination(2));
      const { programs, withoutKeys } = await localPrograms(sizesNamed(sizes), production);
      const token = proverToken();
      const service = await startService({ ...options, programs, withoutKeys, token, log });
      const fleet = superviseWorkers({ queue: service.queue, count: workers, backend, token, level, log });
      say(
        `prover service: ${service.url}, OpenAPI: ${service.url}/openapi.json, queue: ${withoutPassword(service.queue)}`,
      );
      const stopped = untilStopped();
      await new Promise((done) => stopped.addEventListener("abort", done));
      await fleet.close();
      await service.close();
    });
}

const withoutPassword = (url: string): string => url.replace(/(:\/\/[^:@/]*):[^@/]*@/, "$1:…@");
