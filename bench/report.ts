import { BACKENDS } from "../prover/backends/backend.ts";
import AMSTERDAM from "../test/contracts/gas-amsterdam.json" with { type: "json" };
import type { SizeReport } from "./measure.ts";
import { PEERS } from "./peers.ts";

/** The cells of a table: a header, then rows. */
export interface Cells {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
const megabytes = (bytes: number): string => `${whole(bytes / 1e6)} MB`;
const optional = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined ? "–" : format(value);

/** Of the next fork, measured by the tests. */
const GLAMSTERDAM: Readonly<Record<string, number | undefined>> = AMSTERDAM;

/** What a batch size costs to prove and to publish, a row a size. */
export function costs(reports: readonly SizeReport[]): Cells {
  return {
    header: [
      ...["size", "transfers", "accounts", "constraints", "non-zeros", "domain"],
      ...["a transfer: ring", "distinct", "Zipf", "gas a transfer", "by Glamsterdam's rules", "bytes a transfer"],
    ],
    rows: reports.map((report) => [
      report.name,
      ...[report.transfers, report.accounts, report.constraints, report.nonZeros].map(whole),
      `2^${report.domainPower}`,
      ...Object.values(report.constraintsPerTransfer).map(whole),
      whole(report.gasPerTransfer),
      optional(GLAMSTERDAM[`a transfer in ${report.name}`], whole),
      report.bytesPerTransfer.toFixed(1),
    ]),
  };
}

/** How long each step of a batch size takes, a row a size; the proof with each back end that was measured. */
export function times(reports: readonly SizeReport[]): Cells {
  const measured = BACKENDS.filter((backend) => reports.some(({ proveMsBy }) => proveMsBy[backend] !== undefined));
  return {
    header: [
      ...["size", "compile", "in memory", "setup", "key", "witness"],
      ...[...measured.map((backend) => `proof, ${backend}`), "transfers a second"],
    ],
    rows: reports.map(({ name, proveMsBy, ...report }) => [
      name,
      ...[seconds(report.compileMs), megabytes(report.compilePeakBytes)],
      ...[seconds(report.setupMs), megabytes(report.keyBytes), seconds(report.witnessMs)],
      ...measured.map((backend) => optional(proveMsBy[backend], seconds)),
      report.transfersPerSecond.toFixed(1),
    ]),
  };
}

/** What is known of other rollups for payments. */
export function peers(): Cells {
  return {
    header: ["rollup", "constraints a transfer", "bytes a transfer", "gas a transfer", "source"],
    rows: PEERS.map(({ name, constraintsPerTransfer, bytesPerTransfer, gasPerTransfer, source }) => [
      name,
      ...[constraintsPerTransfer, bytesPerTransfer, gasPerTransfer].map((value) => optional(value, whole)),
      source,
    ]),
  };
}

/** A table as Markdown has it. */
export function markdown({ header, rows }: Cells): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
