import type { Batch } from "../data/node.ts";
import { dateText, grouped } from "../format.ts";
import { Chart } from "./chart.tsx";
import { gasSeries, proofSeries, throughputSeries } from "./series.ts";

/** The time in UTC, as short as it can be: the day where a day begins. */
function timeOfDay(timestamp: number): string {
  const [day, time] = dateText(timestamp).split(" ");
  return time === "00:00:00" ? day!.slice(5) : time!.replace(/:00$/, "");
}

const batchText = (number: number): string => `Batch ${grouped(number)}`;

/** Throughput and cost of the newest batches. */
export function Charts({ batches }: { readonly batches: readonly Batch[] }) {
  return (
    <div class="charts">
      <Chart
        title="Throughput"
        unit="transfers a minute"
        series={throughputSeries(batches)}
        kind="bars"
        xTitle="From"
        xText={dateText}
        tickText={timeOfDay}
        yText={(value) => grouped(Math.round(value * 10) / 10)}
      />
      <Chart
        title="Cost"
        unit="gas a transfer"
        series={gasSeries(batches)}
        kind="line"
        xTitle="Batch"
        xText={batchText}
        tickText={grouped}
        yText={(value) => grouped(value)}
      />
      <Chart
        title="Proving"
        unit="seconds a proof"
        series={proofSeries(batches)}
        kind="line"
        xTitle="Batch"
        xText={batchText}
        tickText={grouped}
        yText={(value) => value.toFixed(1)}
      />
    </div>
  );
}
