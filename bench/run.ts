import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { JsonRpcProvider } from "ethers";
import { startNode } from "../devnet/demo/chain.ts";
import { buildExitCircuit } from "../fixture/build.ts";
import { ROOT } from "../lib/root.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { endCurveWorkers } from "../prover/backends/curve-workers.ts";
import { writeWhole } from "../prover/files/whole-files.ts";
import { chart } from "./chart.ts";
import { writeSection } from "./document.ts";
import { measureSize, type MeasureOptions, type SizeReport } from "./measure.ts";
import { costs, markdown, peers, times } from "./report.ts";

const DOCS = join(ROOT, "docs");
const CHAIN_ID = 31337;

/** Measures batch sizes one after the other, on a local chain of its own. */
export async function benchSizes(
  sizes: readonly BatchSize[],
  { onStep, ...options }: Omit<MeasureOptions, "exit">,
): Promise<SizeReport[]> {
  const node = await startNode(CHAIN_ID);
  const provider = new JsonRpcProvider(node.url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
  try {
    onStep("exit: building");
    const exit = await buildExitCircuit();
    const reports = [];
    for (const size of sizes) {
      const step = (text: string): void => onStep(`${size.name}: ${text}`);
      reports.push(await measureSize(size, provider, { ...options, exit, onStep: step }));
    }
    return reports;
  } finally {
    provider.destroy();
    await node.stop();
    await endCurveWorkers();
  }
}

/** Writes the tables and the chart into docs/performance.md, with the command that made them. */
export async function documentSizes(reports: readonly SizeReport[], command: string): Promise<void> {
  const machine = `${availableParallelism()} threads of ${cpus()[0]?.model.trim() ?? "an unknown processor"}`;
  const text = [
    `Measured by \`${command}\` on ${machine}.`,
    markdown(costs(reports)),
    "![Constraints a transfer](performance.svg)",
    markdown(times(reports)),
    "Other rollups:",
    markdown(peers()),
  ].join("\n\n");
  await writeWhole(join(DOCS, "performance.svg"), chart(reports));
  await writeSection(join(DOCS, "performance.md"), "batch sizes", text);
}
