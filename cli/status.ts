import type { Command } from "commander";
import type { NodeClient } from "../api/client.ts";
import { SheafError } from "../protocol/errors.ts";
import { tokensOf } from "../wallet/named-tokens.ts";
import type { FollowChoice } from "./support/follow.ts";
import {
  describeHoldings,
  describeOnL1,
  describeTransaction,
  holdingsAtNode,
  statusOnL1,
  transactionOnL1,
  withTotal,
} from "./support/holdings.ts";
import { openNode, placesOf, viewAtNode, type L1Place, type WalletChoice } from "./support/open-wallet.ts";
import { followOptions } from "./support/options.ts";
import * as options from "./support/options.ts";
import { printResult, say } from "./support/output.ts";

interface StatusOptions extends StatusChoice {
  readonly json?: true;
}

export function define(command: Command): void {
  command.argument("[id]", "what `deposit`, `transfer` or `withdraw` printed");
  options
    .withOptions(command, [...options.walletChoice(), ...followOptions()])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nWith --rpc and --rollup, and no --node, it asks L1 alone; so it does where no node answers. More in docs/operations.md.",
    )
    .action(async (id: string | undefined, { json, ...choice }: StatusOptions) => {
      const { result, describe } = await (id === undefined ? walletStatus(choice) : transactionStatus(id, choice));
      printResult(json, result, describe);
    });
}

type StatusChoice = WalletChoice & Omit<FollowChoice, keyof L1Place>;

/** A result, and how it is told to a person. */
interface Told {
  readonly result: unknown;
  readonly describe: () => readonly string[];
}

/** What a wallet has: by a node's word, which knows what is pending too, or by L1 alone. */
export function walletStatus(choice: StatusChoice): Promise<Told> {
  return byNodeOrL1(
    choice,
    async () => {
      const holdings = await holdingsAtNode(await viewAtNode(choice));
      await sayDoubts(await openNode(choice));
      return { result: holdings, describe: () => describeHoldings(holdings) };
    },
    async (place) => {
      const holdings = await statusOnL1(choice, place);
      return { result: holdings, describe: () => describeOnL1(holdings) };
    },
  );
}

/** How far an operation is. */
function transactionStatus(id: string, choice: StatusChoice): Promise<Told> {
  return byNodeOrL1(
    choice,
    async () => {
      const node = await openNode(choice);
      const transaction = withTotal(await node.transaction(id));
      await sayDoubts(node);
      const token = (await tokensOf(node)).find((one) => one.id === transaction.token);
      return { result: transaction, describe: () => describeTransaction(transaction, token) };
    },
    async (place) => {
      const transaction = await transactionOnL1(id, { ...choice, ...place });
      return { result: transaction, describe: () => describeTransaction(transaction) };
    },
  );
}

/** Says what the node finds missing of itself: its answers may be out of date, or of a chain that is gone. */
async function sayDoubts(node: Pick<NodeClient, "health">): Promise<void> {
  const { missing } = await node.health();
  for (const { what, why } of missing) say(`the node says of itself: ${what}: ${why}`);
}

/**
 * Asks L1 alone where it and the rollup are named by options, or no node is known, or the node that is remembered does not
 * answer. A node that `--node` names is asked, and nobody else.
 */
async function byNodeOrL1(
  choice: StatusChoice,
  byNode: () => Promise<Told>,
  byL1: (place: L1Place) => Promise<Told>,
): Promise<Told> {
  const { node, rpc, rollup } = await placesOf(choice);
  const place = rpc === undefined || rollup === undefined ? undefined : { rpc, rollup };
  if (place === undefined || choice.node !== undefined) return byNode();
  if (node === undefined || (choice.rpc !== undefined && choice.rollup !== undefined)) return byL1(place);
  try {
    return await byNode();
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== "SERVICE_UNREACHABLE") throw error;
    say(`${error.message}: L1 is asked instead`);
    return byL1(place);
  }
}
