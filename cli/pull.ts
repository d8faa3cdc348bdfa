import type { Command } from "commander";
import { Reverted } from "../l1/failure.ts";
import { SheafError } from "../protocol/errors.ts";
import { amountText, type NamedToken } from "../wallet/named-tokens.ts";
import { tokenAmong } from "../wallet/token-amounts.ts";
import { paidIn } from "./exit.ts";
import { followToHead, type FollowChoice } from "./support/follow.ts";
import { requireL1Place, withL1Wallet, type L1Place, type WalletChoice } from "./support/open-wallet.ts";
import { followOptions } from "./support/options.ts";
import * as options from "./support/options.ts";
import { printResult } from "./support/output.ts";

interface PullOptions extends PullChoice {
  readonly token: string;
  readonly json?: true;
}

export function define(command: Command): void {
  options
    .withOptions(command, [
      ...[options.tokenOption(), ...options.walletChoice(), options.payerOption()],
      ...followOptions(),
    ])
    .option("--json", "print JSON")
    .addHelpText("after", `\nAsks L1 alone${options.ROLLUP_BY_NODE}. More in docs/operations.md.`)
    .action(async ({ token, json, ...choice }: PullOptions) => {
      const pulled = await pullOnL1(token, choice);
      printResult(json, pulled, () => describePulled(pulled));
    });
}

/** What `./sheaf pull` prints. */
interface Pulled {
  readonly token: number;
  /** What the token is called here. */
  readonly label: string;
  readonly symbol: string;
  readonly decimals: number;
  /** Base units that L1 paid. */
  readonly amount: bigint;
  /** What stays credited, where the rollup has less of the token than it owes. */
  readonly left: bigint;
  /** Without one where it had been paid out already, by whomever. */
  readonly transaction?: string;
}

type PullChoice = WalletChoice & Omit<FollowChoice, keyof L1Place>;

/**
 * Has L1 pay out what a wallet is credited with, asking no node of the rollup. That somebody else had it paid out first is a
 * success too.
 *
 * @throws SheafError NOTHING_TO_PULL if nothing was ever credited, and the codes of each step
 */
export async function pullOnL1(tokenName: string, choice: PullChoice): Promise<Pulled> {
  const place = await requireL1Place(choice);
  return withL1Wallet(choice, place, async ({ owner, l1, tokens }) => {
    const token = tokenAmong(tokens, tokenName);
    const { id, symbol, decimals } = token;
    const credited = await l1.withdrawable(id, owner.l1Address);
    const receipt =
      credited > 0n ? await l1.withdraw(id, owner.l1Address, credited).catch(explain(credited, token)) : undefined;
    const paid = receipt === undefined ? undefined : paidIn(receipt);
    const amount = paid?.amount ?? (credited > 0n ? credited : await paidBefore(choice, place, token, owner.l1Address));
    const left = paid?.left ?? 0n;
    return {
      ...{ token: id, symbol, decimals, label: token.label, amount, left },
      ...(receipt !== undefined && { transaction: receipt.hash }),
    };
  });
}

/** Nobody is told of a contract's words that there is nothing of a token now. */
const explain =
  (credited: bigint, token: NamedToken) =>
  (error: unknown): never => {
    if (!(error instanceof Reverted) || error.reason !== "BooksEmpty") throw error;
    const message = `the rollup has nothing of ${token.label} left now; ${amountText(credited, token)} stay credited`;
    throw new SheafError("NOTHING_TO_PULL", message, { cause: error });
  };

/** The last payout to an L1 address, as its history on L1 has it. */
async function paidBefore(choice: PullChoice, place: L1Place, token: NamedToken, l1Address: string): Promise<bigint> {
  const { store } = await followToHead({ ...choice, ...place });
  try {
    const last = store.books
      .payouts()
      .findLast(
        (payout) => payout.kind === "pull" && payout.token === token.id && payout.l1Address === BigInt(l1Address),
      );
    if (last !== undefined) return last.amount;
    throw new SheafError("NOTHING_TO_PULL", `${l1Address} was never credited with ${token.label} on L1`);
  } finally {
    store.close();
  }
}

export function describePulled({ amount, left, transaction, ...token }: Pulled): readonly string[] {
  if (transaction === undefined) {
    return [
      `${amountText(amount, token)} had been paid out on L1 already, by you or by somebody else: nothing is left to pull`,
    ];
  }
  const rest = `${amountText(left, token)} stay credited: the rollup has no more of the token now; pull again later`;
  return [`${amountText(amount, token)} paid out on L1`, ...(left > 0n ? [rest] : []), `transaction ${transaction}`];
}
