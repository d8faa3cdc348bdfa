import { relative } from "node:path";
import type { Command } from "commander";
import type { BatchSize } from "../protocol/constants.ts";
import { batchCircuit, ensureCircuit, type CircuitArtifacts } from "../prover/artifacts/artifacts.ts";
import { fullySimplifiedConstraints } from "../prover/artifacts/fully-simplified.ts";
import { sizesNamed, sizesOption } from "./support/options.ts";
import { printResult, table } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

export function define(command: Command): void {
  command
    .command("info")
    .description("how large batch circuits are; compiles those that are not built yet")
    .addOption(sizesOption())
    .option("--o2", "also count the constraints that circom's --O2 would leave: minutes and gigabytes for large sizes")
    .option("--json", "print JSON: an array with an entry a size")
    .action(async ({ sizes, o2, json }: { sizes: readonly string[]; o2?: true; json?: true }) => {
      const infos: CircuitInfo[] = [];
      for (const size of sizesNamed(sizes)) {
        // A second a row or slot, about, on a small machine.
        const expectedSeconds = size.transfers + size.accounts;
        const circuit = await withProgress(`circuit ${size.name}`, () => ensureCircuit(size), { expectedSeconds });
        const simplify = (): Promise<number> => fullySimplifiedConstraints(batchCircuit(size));
        const constraintsO2 = o2 && (await withProgress(`${size.name} with --O2`, simplify, { expectedSeconds }));
        infos.push({ ...infoOf(size, circuit), ...(constraintsO2 && { constraintsO2 }) });
      }
      printResult(json, infos, () => table(o2 ? [...HEADER, "with --O2", "O1 / O2"] : HEADER, infos.map(rowOf)));
    });
}

type CircuitInfo = ReturnType<typeof infoOf> & { readonly constraintsO2?: number };

function infoOf(
  { name, transfers, accounts, l1Operations, withdrawals, segments, nodes }: BatchSize,
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
    nodes,
    constraints,
    wires,
    nonZeros,
    domainPower,
    r1cs,
  };
}

const HEADER = [
  ...["name", "transfers", "accounts", "L1", "withdrawals", "segments", "nodes"],
  ...["constraints", "wires", "non-zeros", "domain", "r1cs"],
];

function rowOf(info: CircuitInfo): readonly string[] {
  return [
    info.name,
    ...[info.transfers, info.accounts, info.l1Ops, info.withdrawals, info.segments, info.nodes].map(String),
    ...[info.constraints, info.wires, info.nonZeros].map((count) => count.toLocaleString("en")),
    `2^${info.domainPower}`,
    relative(process.cwd(), info.r1cs),
    ...(info.constraintsO2 === undefined
      ? []
      : [info.constraintsO2.toLocaleString("en"), (info.constraints / info.constraintsO2).toFixed(3)]),
  ];
}
