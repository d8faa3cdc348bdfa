import type { Batch } from "../../api/client.ts";

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

/**
 * Transfers a minute by time until now, in intervals of equal width; x is the interval's beginning in Unix seconds. Only
 * whole intervals: the running one, and the first one of a list that older batches were left out of, would look like a drop.
 *
 * @param hasOlder whether there are batches before these
 */
export function throughputSeries(batches: readonly Batch[], now: number, hasOlder = false): Throughput {
  const times = batches.map(({ timestamp }) => timestamp);
  // L1's clock may be ahead of this one.
  const [first, last] = [Math.min(...times), Math.max(now, ...times)];
  const width = WIDTHS.find((candidate) => (last - first) / candidate < MOST_POINTS) ?? WIDTHS.at(-1)!;
  const start = Math.floor(first / width) + (hasOlder ? 1 : 0);
  const counts = new Array<number>(Math.max(0, Math.floor(last / width) - start)).fill(0);
  for (const { timestamp, transfers } of batches) {
    const place = Math.floor(timestamp / width) - start;
    if (place in counts) counts[place]! += transfers;
  }
  return {
    width,
    xs: counts.map((_, place) => (start + place) * width),
    ys: counts.map((count) => (count * 60) / width),
  };
}

/** Gas on L1: an equal share, where its transaction brought several batches; undefined before the batch is there. */
const gasOf = ({ l1 }: Batch): number | undefined =>
  l1?.gasUsed === undefined ? undefined : l1.gasUsed / (l1.batches ?? 1);

/** Gas on L1 by transfer; undefined before the batch is there, and for one without transfers. */
export function gasPerTransfer(batch: Batch): number | undefined {
  const gas = gasOf(batch);
  return gas === undefined || batch.transfers === 0 ? undefined : Math.round(gas / batch.transfers);
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

/** Transfers a minute since the oldest of the newest batches, until now; undefined before there are two. */
export function recentThroughput(
  batches: readonly Batch[],
  now: number,
): { readonly rate: number; readonly since: number } | undefined {
  const recent = batches.slice(0, RECENT);
  const since = recent.at(-1)?.timestamp ?? 0;
  const seconds = Math.max(now, recent[0]?.timestamp ?? 0) - since;
  if (recent.length < 2 || seconds <= 0) return undefined;
  // The oldest one's transfers came before the time that is counted.
  const transfers = sum(recent.slice(0, -1).map((batch) => batch.transfers));
  return { rate: (transfers * 60) / seconds, since };
}

/** Gas a transfer over the newest batches, however full they are; undefined before there is any. */
export function recentGasPerTransfer(batches: readonly Batch[]): number | undefined {
  const recent = batches.filter((batch) => gasPerTransfer(batch) !== undefined).slice(0, RECENT);
  if (recent.length === 0) return undefined;
  const [gas, transfers] = [sum(recent.map((batch) => gasOf(batch)!)), sum(recent.map((batch) => batch.transfers))];
  return Math.round(gas / transfers);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
