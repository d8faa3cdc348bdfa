import type { Batch } from "../../api/client.ts";
import { rateText } from "../format.ts";

/** Points of a line, by x ascending. */
export interface Series {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** Widths of an interval in seconds, one of which gives a chart a number of points that can be read. */
const WIDTHS = [10, 60, 300, 900, 3_600, 21_600, 86_400, 604_800] as const;
const MOST_POINTS = 60;

export interface Throughput extends Series {
  /** Seconds of each interval. */
  readonly width: number;
}

/** Transfers a minute by time, in intervals of equal width; x is the interval's beginning in Unix seconds. */
export function throughputSeries(batches: readonly Batch[]): Throughput {
  const times = batches.map(({ timestamp }) => timestamp);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const width = WIDTHS.find((candidate) => (last - first) / candidate < MOST_POINTS) ?? WIDTHS.at(-1)!;
  const start = Math.floor(first / width);
  const counts = new Array<number>(Math.floor(last / width) - start + 1).fill(0);
  for (const { timestamp, transfers } of batches) counts[Math.floor(timestamp / width) - start]! += transfers;
  return {
    width,
    xs: counts.map((_, place) => (start + place) * width),
    ys: counts.map((count) => (count * 60) / width),
  };
}

/** Gas on L1 by transfer; undefined before the batch is there, and for one without transfers. */
export function gasPerTransfer({ l1, transfers }: Batch): number | undefined {
  return l1?.gasUsed === undefined || transfers === 0 ? undefined : Math.round(l1.gasUsed / transfers);
}

/** Gas a transfer by batch number, of the batches that are on L1 and have transfers. */
export function gasSeries(batches: readonly Batch[]): Series {
  return byNumber(batches, gasPerTransfer);
}

/** Seconds that each proof took by batch number. */
export function proofSeries(batches: readonly Batch[]): Series {
  return byNumber(batches, ({ provedInMs }) => (provedInMs === undefined ? undefined : provedInMs / 1000));
}

function byNumber(batches: readonly Batch[], valueOf: (batch: Batch) => number | undefined): Series {
  const points = batches
    .map((batch) => [batch.number, valueOf(batch)] as const)
    .filter((point): point is readonly [number, number] => point[1] !== undefined)
    .sort(([a], [b]) => a - b);
  return { xs: points.map(([x]) => x), ys: points.map(([, y]) => y) };
}

/** Batches that tell how it goes just now. */
const RECENT = 20;

/** Transfers a minute over the newest batches, as text. */
export function recentThroughput(batches: readonly Batch[]): string {
  const recent = batches.slice(0, RECENT);
  const seconds = (recent[0]?.timestamp ?? 0) - (recent.at(-1)?.timestamp ?? 0);
  if (seconds <= 0) return "–";
  // The oldest one's transfers came before the time that is counted.
  const transfers = sum(recent.slice(0, -1).map((batch) => batch.transfers));
  return rateText((transfers * 60) / seconds);
}

/** Gas a transfer over the newest batches, however full they are; undefined before there is any. */
export function recentGasPerTransfer(batches: readonly Batch[]): number | undefined {
  const recent = batches.filter((batch) => gasPerTransfer(batch) !== undefined).slice(0, RECENT);
  if (recent.length === 0) return undefined;
  const [gas, transfers] = [sum(recent.map(({ l1 }) => l1!.gasUsed!)), sum(recent.map((batch) => batch.transfers))];
  return Math.round(gas / transfers);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
