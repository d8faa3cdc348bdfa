import { setTimeout as sleep } from "node:timers/promises";

// Asks for /health again and again, in a process of its own: a client's other work is not to be measured.

/** Milliseconds between two looks. */
const LOOK_MS = 20;

/** How long `/health` takes to answer: milliseconds. */
export interface Latency {
  readonly p99: number;
  readonly longest: number;
}

const [url] = process.argv.slice(2) as [string];
let took: number[] = [];
process.on("disconnect", () => process.exit());
process.on("message", () => {
  const sorted = took.toSorted((a, b) => a - b);
  took = [];
  const latency: Latency = { p99: sorted[Math.floor(0.99 * sorted.length)] ?? 0, longest: sorted.at(-1) ?? 0 };
  process.send!({ latency });
});
for (;;) {
  const since = performance.now();
  await (await fetch(`${url}/health`)).text();
  took.push(performance.now() - since);
  await sleep(LOOK_MS);
}
