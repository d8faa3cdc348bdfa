import { Option, type Command } from "commander";
import { writeRecord } from "../bench/record.ts";
import { costs, peers, times } from "../bench/report.ts";
import { benchSizes, documentSizes } from "../bench/run.ts";
import { SheafError } from "../protocol/errors.ts";
import { BACKENDS, type Backend } from "../prover/backends/backend.ts";
import { sizesNamed, sizesOption } from "./support/options.ts";
import { printResult, say, table } from "./support/output.ts";

interface BenchOptions {
  readonly sizes: string[];
  readonly backends?: Backend[];
  readonly runs: string;
  readonly write?: true;
  readonly record?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .addOption(sizesOption())
    .addOption(
      new Option(
        "--backends <names...>",
        "proving back ends, the fastest first (default: the fastest that works here)",
      ).choices(BACKENDS),
    )
    .option("--runs <number>", "proofs of each back end, of which the median counts", "3")
    .option("--write", "write tables and chart into docs/performance.md")
    .option("--record", "keep each size's batch, its proof and its hashes in test/records")
    .option("--json", "print JSON: an array with an entry a size")
    .action(async ({ sizes: names, backends = [], runs, write, record, json }: BenchOptions) => {
      if (!/^[1-9]\d{0,2}$/.test(runs)) throw new SheafError("USAGE", `--runs is ${runs}; it must be from 1 to 999`);
      const sizes = sizesNamed(names);
      const reports = await benchSizes(sizes, {
        backends,
        runs: Number(runs),
        onStep: say,
        ...(record && { onBatches: writeRecord }),
      });
      if (write) await documentSizes(reports, `./sheaf ${process.argv.slice(2).join(" ")}`);
      printResult(json, reports, () =>
        [costs(reports), times(reports), peers()]
          .flatMap(({ header, rows }) => [...table(header, rows), ""])
          .slice(0, -1),
      );
    });
}
