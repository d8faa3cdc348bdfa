import { relative } from "node:path";
import type { Command } from "commander";
import type { BatchSize } from "../protocol/constants.ts";
import type { CircuitArtifacts } from "../prover/artifacts.ts";
import { sizesNamed, sizesOption } from "./support/sizes.ts";

export function addCircuit(program: Command): void {
  program
    .command("circuit")
    .description("about the circuits")
    .command("info")
    .description("how large batch circuits are; compiles those that are not built yet")
    .addOption(sizesOption())
    .option("--json", "print JSON: an array with an entry a size")
    .action(async ({ sizes, json }: { sizes: readonly string[]; json?: true }) => {
      const { ensureCircuit } = await import("../prover/artifacts.ts");
      const { printResult, table } = await import("./support/output.ts");
      const { withProgress } = await import("./support/progress.ts");
      const infos: CircuitInfo[] = [];
      for (const size of sizesNamed(sizes)) {
        // A second a row or slot, about, on a small machine.
        const expectedSeconds = size.transfers + size.accounts;
        infos.push(
          infoOf(size, await withProgress(`circuit ${size.name}`, () => ensureCircuit(size), { expectedSeconds })),
        );
      }
      printResult(json, infos, () => table(HEADER, infos.map(rowOf)));
    });
}

type CircuitInfo = ReturnType<typeof infoOf>;

function infoOf(
  { name, transfers, accounts, l1Operations, withdrawals, segments }: BatchSize,
  { counts, r1cs }: CircuitArtifacts,
) {
  const { constraints, wires, nonZeros, domainPower } = counts;
  return {
    name,
    transfers,
    accounts,
    l1Ops: l1Operations,
    withdrawals,
    segments,
    constraints,
    wires,
    nonZeros,
    domainPower,
    r1cs,
  };
}

const HEADER = [
  ...["name", "transfers", "accounts", "L1", "withdrawals", "segments"],
  ...["constraints", "wires", "non-zeros", "domain", "r1cs"],
];

function rowOf(info: CircuitInfo): readonly string[] {
  return [
    info.name,
    ...[info.transfers, info.accounts, info.l1Ops, info.withdrawals, info.segments].map(String),
    ...[info.constraints, info.wires, info.nonZeros].map((count) => count.toLocaleString("en")),
    `2^${info.domainPower}`,
    relative(process.cwd(), info.r1cs),
  ];
}
