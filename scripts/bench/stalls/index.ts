// Measures for how long a node and a coordinator hold up whoever asks: npm run bench:stalls -- --help
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { writeSection } from "../../../bench/document.ts";
import { ROOT } from "../../../lib/root.ts";
import type { Latency } from "./looks.ts";
import type { NodeTask, Phase } from "./task.ts";

const DOCUMENT = join(ROOT, "docs/performance.md");

const OPTIONS = {
  accounts: ["in the node's store", 500_000],
  operations: ["that wait, each of an account of its own", 20_000],
  history: ["operations that the node has taken in before", 200_000],
  payouts: ["to one L1 address that many withdraw to", 20_000],
  missed: ["full batches that L1 takes while the node is stopped", 64],
  seconds: ["for which batches are made", 30],
  values: ["of the inputs of a coordinator's job", 1_500_000],
} as const;

type Options = Readonly<Record<keyof typeof OPTIONS, string>> & {
  readonly profiles?: string;
  readonly json?: true;
  readonly write?: true;
};

interface Measured extends Phase {
  readonly health: Latency | undefined;
}

const program = new Command("bench:stalls").description(
  "measure for how long the event loops of a node with a full mempool, and of a coordinator with large jobs, are held up",
);
for (const [name, [what, value]] of Object.entries(OPTIONS)) program.option(`--${name} <number>`, what, `${value}`);
program
  .option("--profiles <folder>", "keep a CPU profile of each process there: what takes long")
  .option("--json", "print JSON")
  .option("--write", "put the figures into docs/performance.md");
const { profiles } = program.parse().opts<Options>();
await main(program.opts<Options>());

async function main({ json, write, ...options }: Options): Promise<void> {
  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  const asked = Object.fromEntries(names.map((name) => [name, Number(options[name])]));
  const { values, ...task } = asked as Record<keyof typeof OPTIONS, number>;
  const before = loadavg()[0]!;
  const { phases, batches } = await inFolder((folder) => ofNode({ folder, ...task }));
  const all = [...phases, await inFolder((folder) => ofCoordinator(folder, values))];
  const text = json ? JSON.stringify({ ...asked, load: before, batches, phases: all }, undefined, 2) : table(all);
  process.stdout.write(`${text}\n`);
  if (!write) return;
  const command = ["npm run bench:stalls --", ...process.argv.slice(2)].join(" ");
  const machine = `${cpus().length} threads of ${cpus()[0]!.model.trim()}, with a load of ${before.toFixed(1)} before`;
  const about = `Milliseconds, by \`${command}\` on ${machine}; the node made ${batches} batches:`;
  await writeSection(DOCUMENT, "stalls", `${about}\n\n${table(all)}`);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-stalls-"));
  return work(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

async function ofNode(task: NodeTask): Promise<{ readonly phases: readonly Measured[]; readonly batches: number }> {
  const prepared = start("prepare.ts", JSON.stringify(task));
  const [code] = await once(prepared, "exit");
  if (code !== 0) throw new Error("the node's files could not be made");
  const child = start("node.ts", JSON.stringify(task));
  const phases: Measured[] = [];
  let looks: ChildProcess | undefined;
  for (;;) {
    const said = await next<{ url?: string; phase?: Phase; batches?: number }>(child);
    if (said.phase !== undefined) phases.push({ ...said.phase, health: looks && (await latencyOf(looks)) });
    if (said.url !== undefined) {
      looks = await lookAt(said.url);
      child.send("go");
    }
    if (said.batches === undefined) continue;
    looks?.disconnect();
    await once(child, "exit");
    return { phases, batches: said.batches };
  }
}

async function ofCoordinator(folder: string, values: number): Promise<Measured> {
  const child = start("coordinator.ts", folder);
  const { url } = await next<{ url: string }>(child);
  const looks = await lookAt(url);
  child.send("go");
  // As many as a body may have.
  for (const first of [1, 2]) {
    const inputs = { in: Array.from({ length: values }, (_, i) => first + (i % 1_000)) };
    const body = JSON.stringify({ kind: "inputs", program: "large", inputs, publicSignals: ["1"] });
    const answer = await fetch(`${url}/jobs`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    if (!answer.ok) throw new Error(`the coordinator refuses the job: ${await answer.text()}`);
  }
  child.send("phase");
  const { phase } = await next<{ phase: Phase }>(child);
  const health = await latencyOf(looks);
  looks.disconnect();
  child.kill();
  return { ...phase, health };
}

async function lookAt(url: string): Promise<ChildProcess> {
  const looks = start("looks.ts", url);
  await latencyOf(looks);
  return looks;
}

async function latencyOf(looks: ChildProcess): Promise<Latency> {
  looks.send("take");
  return (await next<{ latency: Latency }>(looks)).latency;
}

function start(file: string, argument: string): ChildProcess {
  const child = fork(join(import.meta.dirname, file), [argument], {
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      ...(profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`]),
    ],
  });
  process.once("exit", () => child.kill());
  return child;
}

async function next<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, "exit").then(() => Promise.reject(new Error("the process that is measured has ended")));
  return (await Promise.race([once(child, "message"), ended]))[0] as T;
}

function table(all: readonly Measured[]): string {
  const number = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(0));
  const header = ["a turn's processor time", "by the clock", "`/health` answers in"].flatMap((what) => [
    what,
    "99 of 100",
  ]);
  const rows = all.map(({ what, stalls, health }) => [
    what,
    ...[stalls.processor, stalls.processorP99, stalls.longest, stalls.p99, health?.longest, health?.p99].map(number),
  ]);
  return [["", ...header], Array.from({ length: 7 }, () => "---"), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}
