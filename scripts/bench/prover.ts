// Compares the native prover with snarkjs and others: npm run bench:prover -- --help
import { Command } from "commander";
import { join } from "node:path";
import { writeSection } from "../../bench/document.ts";
import { wholeNumber } from "../../cli/support/options.ts";
import { ROOT } from "../../lib/root.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { ensureNative } from "../../prover/native/build.ts";
import { cases, POWERS } from "./cases.ts";
import { commandContender, nativeContender, snarkjsContender, type Measurement } from "./contenders.ts";
import { summary, table, type Result } from "./report.ts";

const DOCUMENT = join(ROOT, "docs/performance.md");

interface Options {
  readonly max: number;
  readonly rounds: number;
  readonly peer: readonly string[];
  readonly snarkjs: boolean;
  readonly json?: true;
  readonly write?: true;
}

const program = new Command("bench:prover")
  .description("measure proofs, the contenders in turns: medians of wall time, processor time and peak memory")
  .option(
    "--max <power>",
    `largest domain, as a power of 2 (${POWERS.join(", ")}; circuits of batches that fit)`,
    wholeNumber(POWERS[0]),
    16,
  )
  .option("--rounds <number>", "proofs of each contender, after one that does not count", wholeNumber(1), 3)
  .option("--peer <command>", "another prover: a command with {zkey} {wtns} {proof} {public} in it", collect, [])
  .option("--no-snarkjs", "leave snarkjs out")
  .option("--json", "print JSON")
  .option("--write", "put the table into docs/performance.md");
await main(program.parse().opts<Options>());

async function main({ max, rounds, peer, snarkjs, json, write }: Options): Promise<void> {
  const executable = await ensureNative("sheaf-prover");
  const contenders = [
    ...(snarkjs ? [snarkjsContender()] : []),
    await nativeContender(),
    // Peers are started for each proof; so is this one, for a fair comparison with them.
    ...(peer.length > 0
      ? [commandContender("native, one process a proof", `${executable} prove {zkey} {wtns} {proof} {public}`)]
      : []),
    ...peer.map((command, i) => commandContender(peer.length > 1 ? `peer ${i + 1}` : "peer", command)),
  ];
  const results: Result[] = [];
  for await (const of of cases(max)) {
    const measurements: Record<string, Measurement[]> = {};
    for (let round = 0; round <= rounds; round++) {
      for (const contender of contenders) {
        const measurement = await contender.measure(of);
        if (round > 0) (measurements[contender.name] ??= []).push(measurement);
      }
    }
    results.push({ of, measurements });
    if (!json) process.stderr.write(`${JSON.stringify(summary(results.at(-1)!))}\n`);
  }
  for (const contender of contenders) await contender.close();
  await endCurveWorkers();
  process.stdout.write(json ? `${JSON.stringify(results.map(summary), undefined, 2)}\n` : `${table(results)}\n`);
  const command = ["npm run bench:prover --", ...process.argv.slice(2)].join(" ");
  if (write) await writeSection(DOCUMENT, "proofs", `\`${command}\`\n\n${table(results)}`);
}

function collect(value: string, all: readonly string[]): string[] {
  return [...all, value];
}
