// What a number of transfers a second takes, and the measurements behind it: npm run scale -- --help
import { join } from "node:path";
import { Command, Option } from "commander";
import { writeSection } from "../../bench/document.ts";
import { markdown, type Cells } from "../../bench/report.ts";
import { wholeNumber } from "../../cli/support/options.ts";
import { sizeNamed, sizesNamed } from "../../cli/support/options.ts";
import { table } from "../../cli/support/output.ts";
import { GLAMSTERDAM, OSAKA, type GasSchedule } from "../../l1/gas-schedule.ts";
import { ROOT } from "../../lib/root.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { DEFAULT_L1 } from "./l1.ts";
import { needFor, type Conditions } from "./model.ts";
import * as report from "./report.ts";
import {
  coordinatorMs,
  keepMeasurements,
  measuredNow,
  publishedBatch,
  readMeasurements,
  type Measurements,
} from "./terms.ts";

const DOCUMENT = join(ROOT, "docs/scale.md");
const RATES = [1_000, 10_000, 100_000];
const SCHEDULES: Readonly<Record<string, GasSchedule>> = { osaka: OSAKA, glamsterdam: GLAMSTERDAM };
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const list = (values: string): readonly number[] => values.split(",").map(wholeNumber(1));

const program = new Command("scale").description("what numbers of transfers a second take: cores, machines, gas, data");

interface ModelOptions {
  readonly size: string;
  readonly rates: readonly number[];
  readonly cores: number;
  readonly blockGas: number;
  readonly blobs: number;
  readonly fork: string;
  readonly write?: true;
}

program
  .command("model", { isDefault: true })
  .description("print the model's answers, from docs/scale.json and test/records")
  .option("--size <name>", "batch size", "batch-64")
  .option("--rates <list>", "transfers a second, separated by commas", list, RATES)
  .option("--cores <number>", "cores of a machine of the fleet", wholeNumber(1), 16)
  .option("--block-gas <number>", "gas of an L1 block", wholeNumber(1), DEFAULT_L1.blockGas)
  .addOption(new Option("--fork <name>", "whose gas rules L1 has").choices(Object.keys(SCHEDULES)).default("osaka"))
  .option("--blobs <number>", "blobs of an L1 block", wholeNumber(1), DEFAULT_L1.blobs)
  .option("--write", "put the tables into docs/scale.md")
  .action(async ({ size, rates, cores, blockGas, blobs, fork, write }: ModelOptions) => {
    const measurements = await readMeasurements();
    const stages = measurements.stages[sizeNamed(size).name];
    if (stages === undefined)
      throw new Error(`docs/scale.json has no ${size}: npm run scale -- stages --sizes ${size}`);
    const conditions: Conditions = {
      ...{ stages: stages.results, published: await publishedBatch(size), cores },
      l1: { blockGas, blobs, schedule: SCHEDULES[fork]! },
      coordinatorMs: coordinatorMs(measurements),
    };
    const rows = rates.map((rate) => needFor(rate, conditions));
    const [need, ceilings] = [report.needs(rows, cores), report.ceilings(conditions)];
    process.stdout.write(`${size}\n\n${table(need.header, need.rows).join("\n")}\n\n${ceilings.join("\n")}\n`);
    if (!write) return;
    const command = `\`npm run scale -- ${process.argv.slice(2).join(" ")}\``;
    await writeSection(DOCUMENT, "model", [command, markdown(need), ceilings.join("\n")].join("\n\n"));
    await document(measurements);
  });

program
  .command("stages")
  .description("measure a batch in each stage, in processor time")
  .option("--sizes <names...>", "batch sizes", ["batch-4"])
  .option("--runs <number>", "runs of each stage", wholeNumber(1), 3)
  .action(async ({ sizes, runs }: { readonly sizes: string[]; readonly runs: number }) => {
    const { measureStages } = await import("./stages.ts");
    for (const size of sizesNamed(sizes)) {
      const results = await measureStages(size, runs, (step) => say(`${size.name}: ${step}`));
      say(JSON.stringify(results));
      await keepMeasurements({ stages: { [size.name]: measuredNow(results) } });
    }
  });

interface RunOptions {
  readonly size: string;
  readonly workers: readonly number[];
  readonly proofs: number;
}

program
  .command("fleet")
  .description("have numbers of real workers, of one thread each, prove side by side on this machine")
  .option("--size <name>", "batch size", "batch-4")
  .option("--workers <list>", "numbers of workers, separated by commas", list, [1, 2, 4])
  .option("--proofs <number>", "proofs of each run", wholeNumber(1), 24)
  .action(async ({ size, workers, proofs }: RunOptions) => {
    const { runFleet } = await import("./fleet.ts");
    const runs = [];
    for (const count of workers) {
      runs.push(await runFleet(sizeNamed(size), count, proofs));
      say(JSON.stringify(runs.at(-1)));
    }
    await keepMeasurements({ fleet: measuredNow(runs) });
  });

program
  .command("simulate")
  .description("have numbers of stubs that take as long as a proof work on the real service")
  .option("--size <name>", "batch size whose measured times the stubs take", "batch-4")
  .option("--workers <list>", "numbers of stubs, separated by commas", list, [1, 2, 4, 16, 64])
  .option("--proofs <number>", "jobs a stub", wholeNumber(1), 10)
  .action(async ({ size, workers, proofs }: RunOptions) => {
    const { simulate } = await import("./simulate.ts");
    const stages = (await readMeasurements()).stages[sizeNamed(size).name]!.results;
    const runs = [];
    for (const count of workers) {
      runs.push(await simulate(size, stages, count, proofs));
      say(JSON.stringify(runs.at(-1)));
    }
    await keepMeasurements({ simulation: measuredNow(runs) });
  });

await program.parseAsync();
await endCurveWorkers();
process.exit();

/** The measurements' tables, each with the command that made it. */
async function document({ stages, fleet, simulation }: Measurements): Promise<void> {
  const source = ({ command, machine }: { command: string; machine: string }): string =>
    `\`${command}\` on ${machine}.`;
  const write = (name: string, texts: readonly string[], cells: Cells): Promise<void> =>
    writeSection(DOCUMENT, name, [...texts, markdown(cells)].join("\n\n"));
  const names = Object.keys(stages);
  const rows = names.map(async (name) => ({ published: await publishedBatch(name), stages: stages[name]!.results }));
  const sources = new Set(Object.values(stages).map(source));
  await write("terms", [...sources], report.terms(await Promise.all(rows)));
  if (fleet)
    await write(
      "fleet",
      [source(fleet)],
      report.fleetRuns(fleet.results, (size) => stages[size]!.results),
    );
  if (simulation) await write("simulation", [source(simulation)], report.simulatedRuns(simulation.results));
}
