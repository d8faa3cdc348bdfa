import type { SizeReport } from "./measure.ts";
import { PEERS } from "./peers.ts";

const WIDTH = 720;
const ROW = 26;
const LABELS = 170;
const NUMBERS = 80;

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly ours: boolean;
}

/**
 * Constraints a transfer of each size, with as many accounts as transfers, beside other rollups': a bar chart as SVG. A size
 * that is made for L1's operations, with hardly a transfer, is left out.
 */
export function chart(reports: readonly SizeReport[]): string {
  const sizes = reports.filter(({ transfers, l1Ops }) => transfers > l1Ops);
  const bars: Bar[] = [
    ...sizes.map(({ name, constraintsPerTransfer }) => bar(`Sheaf, ${name}`, constraintsPerTransfer.ring, true)),
    ...PEERS.flatMap(({ name, constraintsPerTransfer }) =>
      constraintsPerTransfer === undefined ? [] : [bar(name, constraintsPerTransfer, false)],
    ),
  ];
  const largest = Math.max(...bars.map(({ value }) => value));
  const height = ROW * (bars.length + 1) + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" role="img" aria-label="Constraints a transfer">`,
    `  <rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `  <text x="${LABELS}" y="18" font-weight="bold">Constraints a transfer</text>`,
    ...bars.flatMap((entry, place) => drawn(entry, ROW * (place + 1) + 4, largest)),
    "</svg>",
    "",
  ].join("\n");
}

const bar = (label: string, value: number, ours: boolean): Bar => ({ label, value, ours });

function drawn({ label, value, ours }: Bar, top: number, largest: number): string[] {
  const length = Math.max(1, Math.round((value / largest) * (WIDTH - LABELS - NUMBERS)));
  const baseline = top + 15;
  return [
    `  <text x="${LABELS - 8}" y="${baseline}" text-anchor="end">${label}</text>`,
    `  <rect x="${LABELS}" y="${top}" width="${length}" height="${ROW - 6}" fill="${ours ? "#1a7f5a" : "#9aa5b1"}"/>`,
    `  <text x="${LABELS + length + 6}" y="${baseline}">${Math.round(value).toLocaleString("en")}</text>`,
  ];
}
