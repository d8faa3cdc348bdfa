import uPlot from "uplot";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { grouped } from "../format.ts";
import { Empty } from "../parts/states.tsx";
import { Table } from "../parts/table.tsx";
import type { Series } from "./series.ts";

export interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  readonly series: Series;
  readonly kind: "bars" | "line";
  /** What x is: the column's title of the table. */
  readonly xTitle: string;
  readonly xText: (x: number) => string;
  /** As `xText`, shorter: under the axis. */
  readonly tickText: (x: number) => string;
  readonly yText: (y: number) => string;
}

const HEIGHT = 180;

/** A chart for the eye, and the same numbers as a table for everybody. */
export function Chart(options: ChartOptions) {
  const { title, unit, series, xText, yText } = options;
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | undefined>();
  const [isTable, setTable] = useState(false);
  const id = useId();
  useEffect(() => {
    const element = place.current;
    if (element === null || series.xs.length === 0) return;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(
        plotOptions(options, element.clientWidth, setPointed),
        [[...series.xs], [...series.ys]],
        element,
      );
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
  const [x, y] = (pointed === undefined ? undefined : rows.at(-1 - pointed)) ?? rows[0] ?? [];
  return (
    <section class="panel chart" aria-labelledby={id}>
      <div class="panel-title">
        <h2 id={id}>
          {title} <span class="unit">{unit}</span>
        </h2>
      </div>
      {rows.length === 0 && <Empty>No numbers yet.</Empty>}
      {x !== undefined && (
        <p class="readout" aria-hidden="true">
          {xText(x)}: <strong>{yText(y!)}</strong>
        </p>
      )}
      {rows.length > 0 && <div ref={place} class="plot" aria-hidden="true" />}
      {rows.length > 0 && (
        <details onToggle={({ currentTarget }) => setTable(currentTarget.open)}>
          <summary>As a table</summary>
          {isTable && (
            <Table
              caption={`${title}, ${unit}, the newest first`}
              columns={[
                { title: options.xTitle, cell: ([x]) => xText(x) },
                { title: unit, isNumber: true, cell: ([, y]) => yText(y) },
              ]}
              rows={rows}
              keyOf={([x]) => x}
            />
          )}
        </details>
      )}
    </section>
  );
}

function plotOptions(
  { kind, series: { xs }, tickText }: ChartOptions,
  width: number,
  point: (place: number | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => resolved(style.getPropertyValue(`--${name}`));
  const accent = colour("accent");
  const axis = {
    stroke: colour("muted"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  };
  const line = { stroke: accent, width: 2, points: { size: 4, fill: accent } };
  const bars = { width: 0, fill: accent, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.7, 40] }) };
  // A bar stands around its x.
  const half = kind === "bars" ? ((xs[1] ?? xs[0]! + 1) - xs[0]!) / 2 : 0;
  return {
    width,
    height: HEIGHT,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: (_, first, last) => [first - half, last + half] },
      y: { range: (_, __, highest) => [0, highest === 0 ? 1 : highest * 1.15] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        space: 64,
        incrs: INCREMENTS,
        values: (_, ticks) => ticks.map(tickText),
      },
      { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => grouped(tick)) },
    ],
    series: [{}, kind === "line" ? line : bars],
    cursor: { y: false, drag: { x: false, y: false } },
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? undefined)] },
  };
}

/** Steps between the ticks of an axis of batch numbers, or of seconds. */
const INCREMENTS = [1, 2, 5, 10, 20, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800];

/** A colour as a canvas takes it: `light-dark(…)` means nothing there. */
function resolved(value: string): string {
  const probe = document.createElement("span");
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
