import type { Case } from "./cases.ts";
import type { Measurement } from "./contenders.ts";

/** All measurements of a case, by contender. */
export interface Result {
  readonly of: Case;
  readonly measurements: Readonly<Record<string, readonly Measurement[]>>;
}

const MEGABYTE = 1e6;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const medianOf = (result: Result, contender: string, value: (measurement: Measurement) => number): number =>
  median((result.measurements[contender] ?? []).map(value));

/** What `--json` prints for a case. Times are medians. */
export function summary(result: Result): object {
  const { power, circuit, constraints } = result.of;
  const snarkjsMs = medianOf(result, "snarkjs", ({ ms }) => ms);
  const nativeMs = medianOf(result, "native", ({ ms }) => ms);
  const peak = Math.max(...result.measurements["native"]!.map(({ peakBytes }) => peakBytes));
  const contenders = Object.keys(result.measurements).map((name) => [
    name,
    {
      ms: medianOf(result, name, ({ ms }) => ms),
      cpuMs: medianOf(result, name, ({ cpuMs }) => cpuMs),
      peakMb: Math.max(...result.measurements[name]!.map(({ peakBytes }) => peakBytes)) / MEGABYTE,
    },
  ]);
  return {
    ...{ power, circuit, constraints, snarkjsMs, nativeMs, ratio: snarkjsMs / nativeMs, nativePeakMb: peak / MEGABYTE },
    contenders: Object.fromEntries(contenders) as object,
    phases: phasesOf(result),
  };
}

function phasesOf(result: Result): Record<string, number> {
  const all = result.measurements["native"]!.map(({ phases }) => phases ?? {});
  return Object.fromEntries(Object.keys(all[0]!).map((phase) => [phase, median(all.map((phases) => phases[phase]!))]));
}

/** A table in Markdown: seconds on the clock / of the processor / megabytes at most, and how many times native is faster. */
export function table(results: readonly Result[]): string {
  const names = Object.keys(results[0]!.measurements);
  const others = names.filter((name) => name !== "native");
  const head = ["circuit", "2^n", ...names, ...others.map((name) => `against ${name}`), "native's phases (ms)"];
  const rows = results.map((result) => {
    const cell = (name: string) => {
      const seconds = (value: number) => (value / 1000).toPrecision(3);
      const peak = Math.max(...result.measurements[name]!.map(({ peakBytes }) => peakBytes)) / MEGABYTE;
      const cpu = medianOf(result, name, ({ cpuMs }) => cpuMs);
      return `${seconds(medianOf(result, name, ({ ms }) => ms))} / ${seconds(cpu)} / ${peak.toFixed(0)}`;
    };
    const ratio = (name: string) => {
      const of = (value: (m: Measurement) => number) =>
        medianOf(result, name, value) / medianOf(result, "native", value);
      return `${of(({ ms }) => ms).toFixed(1)} (processor ${of(({ cpuMs }) => cpuMs).toFixed(1)})`;
    };
    const phases = Object.entries(phasesOf(result)).map(([phase, ms]) => `${phase} ${ms.toFixed(0)}`);
    return [result.of.circuit, result.of.power, ...names.map(cell), ...others.map(ratio), phases.join(", ")];
  });
  const line = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
