// `npm run bench:witness [-- TRANSFERS…]`: CPU time of a batch's witness, by its plan and by circom's generator.
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { buildBatch } from "../../protocol/batch.ts";
import { BATCH_SIZES, type BatchSize } from "../../protocol/constants.ts";
import { ensureCircuit } from "../../prover/artifacts/artifacts.ts";
import { describedBatch } from "../../prover/files/batch-description.ts";
import { exampleBatch } from "../../prover/files/example-batch.ts";
import { ensureNative } from "../../prover/native/build.ts";
import { circomWitness } from "../../prover/witness/circom.ts";
import { encodeInputs, readInputSignals } from "../../prover/witness/inputs.ts";

const RUNS = 5;

const { positionals } = parseArgs({ allowPositionals: true });
const sizes = positionals.length === 0 ? BATCH_SIZES : positionals.map((count) => sizeOf(Number(count)));
const executable = await ensureNative("sheaf-witness");

console.log("| batch | wires | by plan, CPU ms | by circom, CPU ms | ratio |\n|---|---|---|---|---|");
for (const size of sizes) {
  const circuit = await ensureCircuit(size);
  const { state, request } = describedBatch(exampleBatch(size));
  const { input } = buildBatch(state, size, request);
  const inputs = encodeInputs((await readInputSignals(circuit.plan!))!, input)!;
  const times = { plan: [] as number[], circom: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    times.plan.push(await planTime(circuit.plan!, inputs));
    const before = process.cpuUsage();
    await circomWitness(input, circuit.wasm);
    const { user, system } = process.cpuUsage(before);
    times.circom.push((user + system) / 1000);
  }
  const [plan, circom] = [median(times.plan), median(times.circom)];
  const cells = [size.name, circuit.counts.wires, Math.round(plan), Math.round(circom), (circom / plan).toFixed(0)];
  console.log(`| ${cells.join(" | ")} |`);
}

/** The listed size with so many transfers, or one like the largest. */
function sizeOf(transfers: number): BatchSize {
  const listed = BATCH_SIZES.find((size) => size.transfers === transfers);
  return listed ?? { ...BATCH_SIZES.at(-1)!, name: `batch-${transfers}`, transfers, accounts: transfers };
}

/** CPU time of the native process, by the shell's `times`: its second line is the children's, user and system. */
async function planTime(plan: string, inputs: Buffer): Promise<number> {
  const script = '"$0" "$1" > /dev/null; times';
  const shell = spawn("sh", ["-c", script, executable, plan], { stdio: ["pipe", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  shell.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  shell.stdin.end(inputs);
  await new Promise((done, fail) => shell.on("error", fail).on("close", done));
  const children = Buffer.concat(chunks).toString().trim().split("\n").at(-1)!;
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
