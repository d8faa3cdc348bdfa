import type { Command } from "commander";
import { formatUnits } from "ethers";
import { runDemo, type DemoResult, type Narrator } from "../devnet/demo/run.ts";
import { DEFAULT_SCENARIO, scenarioOf } from "../devnet/demo/scenario.ts";
import { DECIMALS, readTransferList, TOKENS } from "../devnet/demo/transfer-list.ts";
import type { BatchReport } from "../fixture/sheaf.ts";
import { BATCH_SIZES } from "../protocol/constants.ts";
import { DEVELOPMENT_WARNING } from "../prover/setup/development.ts";
import { sizesNamed, sizesOption, wholeNumber } from "./support/options.ts";
import { printResult, say, table } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

interface DemoOptions {
  readonly transfers?: string;
  readonly sizes: string[];
  readonly workers: number;
  readonly settle: number;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .option("--transfers <file>", "your own transfers instead: CSV or JSON with from, to, token, amount, fee")
    .addOption(sizesOption())
    .option("--workers <number>", "processes that prove batches side by side; 0: none besides this", wholeNumber(0), 0)
    .option("--settle <number>", "batches that go to L1 in one transaction, at most", wholeNumber(1, MOST_TOGETHER), 1)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
In a list of transfers, from and to are wallets' names (any text), or to is L1 for a withdrawal; token is ETH or TEST;
amount and fee are whole tokens, as 0.25, or base units, as "250 wei". An example:

  from,to,token,amount,fee
  alice,bob,ETH,1.5,0.001
  bob,L1,ETH,0.5,0`,
    )
    .action(async ({ transfers, sizes, workers, settle, json }: DemoOptions) => {
      const scenario = transfers === undefined ? DEFAULT_SCENARIO : scenarioOf(await readTransferList(transfers));
      say(DEVELOPMENT_WARNING);
      const progress: Narrator["progress"] = (label, work, expectedSeconds) =>
        withProgress(label, work, expectedSeconds === undefined ? {} : { expectedSeconds });
      const result = await runDemo(scenario, sizesNamed(sizes), { say, progress }, workers, settle);
      printResult(json, result, () => describeDemo(result));
    });
}

/** A node has no more batches under way. */
const MOST_TOGETHER = 32;

/** What a demonstration did, as text: its batches, the balances on both sides, and the roots. */
function describeDemo({ batches, proving, holdings, pulled, root }: DemoResult): string {
  const parts = [
    table(BATCH_HEADER, batches.map(batchRow)).join("\n"),
    ...batches.filter(({ alone }) => alone !== undefined).map((first) => describeDelivery(first, batches)),
    proving.workers > 0
      ? `${proving.workers} workers proved ${batches.length} batches side by side in ${proving.seconds.toFixed(1)} s.`
      : undefined,
    table(
      ["wallet", "token", "in the rollup", "to pull on L1", "on L1"],
      holdings.map((holding) => [
        holding.wallet,
        holding.token,
        ...[holding.inRollup, holding.withdrawable, holding.onL1].map(formatAmount),
      ]),
    ).join("\n"),
    pulled && `${pulled.wallet} pulled ${formatAmount(pulled.amount)} ${pulled.token} on L1.`,
    `root on L1:                  ${root.onL1}
root computed off chain:     ${root.offChain}
root replayed from L1 data:  ${root.replayed}
They are equal, and every balance is what the transfers add up to.`,
    batches.some(({ size }) => size.name === SMALLEST!.name) ? SIZE_NOTE : undefined,
  ];
  return parts.filter((part) => part !== undefined).join("\n\n");
}

const [SMALLEST] = BATCH_SIZES;

/** What a transfer costs in a full batch of the largest size: docs/performance.md has how it was measured. */
export const LEAST_GAS = 1_105;

export const SIZE_NOTE = [
  `${SMALLEST!.name} is the smallest size: at most ${SMALLEST!.transfers} transfers share what a batch costs on L1.`,
  `In a full ${BATCH_SIZES.at(-1)!.name} a transfer costs ${LEAST_GAS.toLocaleString("en")} gas.`,
].join("\n");

export const BATCH_HEADER = [
  ...["batch", "size", "token", "L1 ops", "withdrawals", "transfers", "accounts"],
  ...["constraints", "witness", "proof", "gas", "gas/transfer"],
];

function batchRow(batch: DemoResult["batches"][number]): readonly string[] {
  const { gasUsed, transfers } = batch;
  return [
    String(batch.number),
    batch.size.name,
    transfers + batch.withdrawals > 0 ? TOKENS[batch.token]! : "-",
    ...[batch.l1Operations, batch.withdrawals, transfers, batch.accountsTouched].map(String),
    batch.constraints.toLocaleString("en"),
    ...[batch.witnessTime, batch.proofTime].map((time) => `${(time / 1000).toFixed(1)} s`),
    gasUsed.toLocaleString("en"),
    transfers > 0 ? (gasUsed / BigInt(transfers)).toLocaleString("en") : "-",
  ];
}

/** What batches cost that came to L1 in one transaction, beside what the first of them takes alone. */
function describeDelivery(first: BatchReport, all: readonly BatchReport[]): string {
  const batches = all.filter(({ transaction }) => transaction === first.transaction);
  const transfers = batches.reduce((sum, batch) => sum + batch.transfers, 0);
  const gas = first.gasUsed * BigInt(batches.length);
  const share = (total: bigint, among: number): string =>
    among > 0 ? `, ${(total / BigInt(among)).toLocaleString("en")} a transfer` : "";
  return `Batches ${first.number} to ${batches.at(-1)!.number} came to L1 in one transaction, ${first.transaction}:
${gas.toLocaleString("en")} gas${share(gas, transfers)}. Alone, batch ${first.number} takes ${first.alone!.toLocaleString("en")}${share(first.alone!, first.transfers)}.`;
}

const formatAmount = (amount: bigint): string => formatUnits(amount, DECIMALS);
