import uPlot from "uplot";
import { useEffect, useId, useRef } from "preact/hooks";
import { Empty } from "../parts/states.tsx";
import { Table } from "../parts/table.tsx";
import type { Series } from "./series.ts";

interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  readonly series: Series;
  readonly kind: "bars" | "line";
  readonly xs: "time" | "number";
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
}

const HEIGHT = 180;
/** Rows of the table that stands for the chart. */
const ROWS = 30;

/** A chart for the eye, and the same numbers as a table for everybody. */
export function Chart(options: ChartOptions) {
  const { title, unit, series, xText, yText } = options;
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    const element = place.current;
    if (element === null || series.xs.length === 0) return;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(plotOptions(options, element.clientWidth), [[...series.xs], [...series.ys]], element);
    };
    draw();
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    // A canvas has colours of its own, which do not follow the page's.
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    addEventListener("themechange", draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", draw);
      removeEventListener("themechange", draw);
      plot?.destroy();
    };
  }, [JSON.stringify(series)]);

  const rows = series.xs.map((x, at) => [x, series.ys[at]!] as const).reverse();
  return (
    <section class="panel chart" aria-labelledby={id}>
      <div class="panel-title">
        <h2 id={id}>
          {title} <span class="unit">{unit}</span>
        </h2>
      </div>
      {rows.length === 0 ? <Empty>No numbers yet.</Empty> : <div ref={place} class="plot" aria-hidden="true" />}
      {rows.length > 0 && (
        <details>
          <summary>As a table</summary>
          <Table
            caption={`${title}, ${unit}, the newest first`}
            columns={[
              { title: options.xs === "time" ? "From" : "Batch", cell: ([x]) => xText(x) },
              { title: unit, isNumber: true, cell: ([, y]) => yText(y) },
            ]}
            rows={rows.slice(0, ROWS)}
            keyOf={([x]) => x}
          />
        </details>
      )}
    </section>
  );
}

function plotOptions({ unit, kind, xs, xText, yText }: ChartOptions, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => resolved(style.getPropertyValue(`--${name}`));
  const axis = {
    stroke: colour("muted"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  };
  const bars = uPlot.paths.bars!({ size: [0.7, 40] });
  return {
    width,
    height: HEIGHT,
    padding: [12, 8, 0, 0],
    scales: { x: { time: xs === "time" }, y: { range: (_, __, highest) => [0, highest === 0 ? 1 : highest * 1.15] } },
    axes: [
      { ...axis, grid: { show: false }, ...(xs === "number" && { incrs: [1, 2, 5, 10, 20, 50, 100, 1000] }) },
      { ...axis, size: 56, values: (_, values) => values.map((value) => grouped(value)) },
    ],
    series: [
      { label: xs === "time" ? "From" : "Batch", value: (_, x: number | null) => (x === null ? "–" : xText(x)) },
      {
        label: unit,
        stroke: colour("accent"),
        width: 2,
        points: { show: kind === "line", size: 4, fill: colour("accent") },
        value: (_, y: number | null) => (y === null ? "–" : yText(y)),
        ...(kind === "bars" && { fill: colour("accent"), paths: bars }),
      },
    ],
    cursor: { y: false, drag: { x: false, y: false } },
  };
}

const grouped = (value: number): string => value.toLocaleString("en-US");

/** A colour as a canvas takes it: `light-dark(…)` means nothing there. */
function resolved(value: string): string {
  const probe = document.createElement("span");
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
