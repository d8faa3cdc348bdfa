import type { Command } from "commander";
import { getAddress } from "ethers";
import { sleep } from "../lib/sleep.ts";
import { onL1 } from "../node/http/served-node.ts";
import { Transactions } from "../node/http/transactions.ts";
import type { Store } from "../node/store/store.ts";
import type { Account } from "../protocol/account.ts";
import { SheafError } from "../protocol/errors.ts";
import { amountText, type NamedToken } from "../wallet/named-tokens.ts";
import { amountIn, tokenAmong, tokenNamed } from "../wallet/token-amounts.ts";
import { agreedCost } from "./support/cost.ts";
import { followToHead, type AtHead, type FollowChoice } from "./support/follow.ts";
import { dateOf } from "./support/holdings.ts";
import {
  l1PlaceOf,
  withL1Wallet,
  withWallet,
  type L1Place,
  type L1Wallet,
  type WalletChoice,
} from "./support/open-wallet.ts";
import { followOptions } from "./support/options.ts";
import * as options from "./support/options.ts";
import { printResult, say } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";
import {
  describeSettled,
  settle,
  termOf,
  type SettledOperation,
  type TermChoice,
  type WaitChoice,
} from "./support/wait-for.ts";

interface WithdrawOptions extends ForceChoice, TermChoice {
  readonly token: string;
  readonly fee?: string;
  readonly maxFee?: string;
  readonly force?: true;
  readonly yes?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .argument("[amount]", "in whole tokens, such as 0.25; not with --force")
    .option("--force", "have L1 demand that the whole balance leaves, which no operator can refuse");
  options
    .withOptions(command, [
      ...options.termChoice(),
      ...options.feeChoice(),
      ...options.walletChoice(),
      ...options.waitChoice(),
      ...followOptions(),
    ])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\n--force asks L1 alone where --rpc and --rollup are known and no --node is given. More in docs/operations.md.",
    )
    .action(
      async (text: string | undefined, { token: name, fee, maxFee, yes, force, json, ...choice }: WithdrawOptions) => {
        if (force === true && text === undefined) {
          const place = await l1PlaceOf(choice);
          if (place !== undefined) {
            const forced = await forceOnL1(name, choice, place);
            printResult(json, forced, () => describeSettled(forced));
            return;
          }
        }
        if (force === true && (choice.notBefore !== undefined || choice.replaces !== undefined)) {
          throw new SheafError(
            "USAGE",
            "--force goes through L1's queue, which knows neither --not-before nor --replaces",
          );
        }
        if ((text === undefined) !== (force === true)) {
          throw new SheafError("USAGE", "name either an amount or --force, which takes all");
        }
        const { withdrawal, token } = await withWallet(
          choice,
          async (wallet) => {
            const token = await tokenNamed(wallet, name);
            if (text === undefined) {
              return { withdrawal: await settle("withdrawal", await wallet.forceWithdraw(token.id), choice), token };
            }
            const amount = amountIn(text, token);
            const cost = await agreedCost(wallet, "withdrawal", amount, token, {
              ...(fee !== undefined && { fee }),
              ...(maxFee !== undefined && { maxFee }),
              ...(yes && { yes }),
            });
            const sent = await wallet.withdraw({ amount, token: token.id, fee: cost.fee, ...termOf(choice) });
            return { withdrawal: await settle("withdrawal", sent, choice), token };
          },
          force,
        );
        printResult(json, withdrawal, () => describeSettled(withdrawal, token));
      },
    );
}

/** Milliseconds between two looks at L1. */
const INTERVAL = 5_000;

/** A forced withdrawal as L1 has it. */
interface Forced extends SettledOperation {
  /** Unix time until which a batch must take it; past that anyone may serve the queue. */
  readonly deadline: number;
}

type ForceChoice = WalletChoice & WaitChoice & Omit<FollowChoice, keyof L1Place>;

/**
 * Has L1 demand that a wallet's whole balance in a token leaves, by what L1 alone says that it has. What waits in the queue
 * already is not demanded twice.
 *
 * @throws SheafError ACCOUNT_NOT_FOUND, BALANCE_INSUFFICIENT, ROLLUP_FROZEN, WAIT_TIMEOUT, and the codes of each step
 */
export function forceOnL1(tokenName: string, choice: ForceChoice, place: L1Place): Promise<Forced> {
  return withL1Wallet(choice, place, async (wallet) => {
    const token = tokenAmong(wallet.tokens, tokenName);
    const head = await followToHead({ ...choice, ...place });
    try {
      const { store } = head;
      if (store.isFrozen) throw new SheafError("ROLLUP_FROZEN", `${store.rollup} is frozen`);
      const index = accountOf(store, wallet, token);
      return await settleOnL1(head, await request(head, wallet, index, token), choice);
    } finally {
      head.store.close();
    }
  });
}

/** The account of the L1 address that holds most of a token, whatever its key is: L1 asks for none. */
function accountOf(store: Store, { owner }: L1Wallet, token: NamedToken): number {
  const l1Address = BigInt(owner.l1Address);
  const own = [...store.stored().accountsOf(l1Address)].filter(([, account]) => account.token === token.id);
  const byBalance = ([, a]: [number, Account], [, b]: [number, Account]): number => (a.balance < b.balance ? 1 : -1);
  const [most] = own.sort(byBalance);
  if (most === undefined) {
    const waits = store
      .waiting()
      .some(({ operation }) => operation.kind === "deposit" && operation.l1Address === l1Address);
    const why = waits ? ": its deposit still waits in L1's queue" : "";
    throw new SheafError("ACCOUNT_NOT_FOUND", `${getAddress(owner.l1Address)} has no account in ${token.label}${why}`);
  }
  if (most[1].balance > 0n) return most[0];
  throw new SheafError("BALANCE_INSUFFICIENT", `account ${most[0]} holds nothing that could leave`);
}

interface Requested {
  readonly place: number;
  readonly transaction?: string;
}

/** Joins the queue, unless the same demand waits there and no deposit to the account after it. */
async function request(
  { store }: AtHead,
  { owner, l1 }: L1Wallet,
  index: number,
  token: NamedToken,
): Promise<Requested> {
  const l1Address = BigInt(owner.l1Address);
  const concerned = store
    .waiting()
    .filter(({ operation }) => operation.token === token.id && operation.l1Address === l1Address);
  const last = concerned.at(-1);
  if (last?.operation.kind === "forcedWithdrawal" && last.operation.index === index) {
    say(`account ${index}'s withdrawal waits in L1's queue already, at place ${last.place}: nothing was sent`);
    return { place: last.place };
  }
  const { balance } = store.stored().account(index)!;
  say(`account ${index} has ${amountText(balance, token)}; all that it has when a batch takes this leaves it`);
  return l1.requestWithdrawal(index, token.id, owner.l1Address);
}

async function settleOnL1(
  { l1, store, sync }: AtHead,
  { place, transaction }: Requested,
  { wait, timeout }: WaitChoice,
): Promise<Forced> {
  const id = `queue-${place}`;
  const [, due] = (await l1.call("queueEntry", [place], "latest")) as [string, bigint];
  const deadline = Number(due);
  const queued = { id, deadline, ...(transaction !== undefined && { l1Transaction: transaction }) };
  const rule = `a batch must take it until ${dateOf(deadline)}; past that anyone may serve it: ./sheaf propose`;
  say(`${id}${transaction === undefined ? "" : ` sent in L1 transaction ${transaction}`}: ${rule}`);
  if (!wait) return { ...queued, status: "pending" };
  await withProgress("withdrawal", async () => {
    const end = performance.now() + timeout * 1000;
    for (;;) {
      const [head] = (await l1.call("queueBounds", [], "latest")) as [bigint];
      if (head > place) return;
      const [isFrozen] = await l1.call("isFrozen", [], "latest");
      if (isFrozen === true) throw new SheafError("ROLLUP_FROZEN", `${store.rollup} was frozen before a batch took it`);
      if (performance.now() > end) {
        throw new SheafError("WAIT_TIMEOUT", `${id} is in no batch after ${timeout} s; ${rule}`);
      }
      await sleep(INTERVAL);
    }
  });
  await sync();
  return { ...new Transactions(onL1(store)).find(id), deadline };
}
