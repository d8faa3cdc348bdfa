import type { Batch } from "../data/node.ts";
import { dateText, grouped } from "../format.ts";
import { Chart } from "./chart.tsx";
import { gasSeries, proofSeries, throughputSeries } from "./series.ts";

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
        xs="time"
        xText={dateText}
        yText={(value) => grouped(Math.round(value * 10) / 10)}
      />
      <Chart
        title="Cost"
        unit="gas a transfer"
        series={gasSeries(batches)}
        kind="line"
        xs="number"
        xText={batchText}
        yText={(value) => grouped(value)}
      />
      <Chart
        title="Proving"
        unit="seconds a proof"
        series={proofSeries(batches)}
        kind="line"
        xs="number"
        xText={batchText}
        yText={(value) => value.toFixed(1)}
      />
    </div>
  );
}
