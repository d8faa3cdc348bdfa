import { useNow } from "../data/clock.ts";
import type { Batch } from "../data/node.ts";
import { dateText, fullDateText, grouped, rateText } from "../format.ts";
import { Chart, type ChartOptions } from "./chart.tsx";
import { gasSeries, proofSeries, throughputSeries } from "./series.ts";

/** The time in UTC, as short as it can be: the day where a day begins. */
function timeOfDay(timestamp: number): string {
  const [day, time] = dateText(timestamp).split(" ");
  return time === "00:00:00" ? day!.slice(5) : time!.replace(/:00$/, "");
}

/** A number of each batch. */
const BatchChart = (options: Pick<ChartOptions, "title" | "unit" | "series" | "yText">) => (
  <Chart {...options} kind="line" xTitle="Batch" xText={(number) => `Batch ${grouped(number)}`} tickText={grouped} />
);

interface Options {
  readonly batches: readonly Batch[];
  /** Whether there are batches before these. */
  readonly hasOlder: boolean;
}

/** Throughput and cost of the newest batches. */
export function Charts({ batches, hasOlder }: Options) {
  const now = useNow();
  return (
    <div class="charts">
      <Chart
        title="Throughput"
        unit="transfers a minute, by UTC"
        series={throughputSeries(batches, now, hasOlder)}
        kind="bars"
        xTitle="From"
        xText={fullDateText}
        tickText={timeOfDay}
        yText={rateText}
      />
      <BatchChart title="Cost" unit="gas a transfer" series={gasSeries(batches)} yText={grouped} />
      <BatchChart
        title="Proving"
        unit="seconds a proof"
        series={proofSeries(batches)}
        yText={(seconds) => seconds.toFixed(1)}
      />
    </div>
  );
}
