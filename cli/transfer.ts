import type { Command } from "commander";
import { SheafError } from "../protocol/errors.ts";
import { amountFloat } from "../protocol/float.ts";
import type { ConnectedWallet, ReceiverAccount } from "../wallet/index.ts";
import { amountIn, requireFloat, tokenNamed } from "../wallet/token-amounts.ts";
import { agreedCost } from "./support/cost.ts";
import { withWallet, type WalletChoice } from "./support/open-wallet.ts";
import * as options from "./support/options.ts";
import { printResult, say } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";
import { confirm } from "./support/terminal.ts";
import { describeSettled, settle, termOf, type TermChoice, type WaitChoice } from "./support/wait-for.ts";

export function define(command: Command): void {
  command
    .argument("<to>", "the receiver: sheaf:0x…, as `wallet show` prints it, or the index of an account")
    .argument("<amount>", "in whole tokens, such as 0.25")
    .option("--open", "have the node open the receiver's account, if there is none, and wait for it");
  options
    .withOptions(command, [
      ...options.termChoice(),
      ...options.feeChoice("; nor whether an account that is named by its index is the right one"),
      ...options.walletChoice(),
      ...options.waitChoice(),
    ])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nWith an L1 node, the receiver's account is checked against the contract, not just the node's word.",
    )
    .action(async (to: string, amount: string, { json, ...choice }: TransferOptions) => {
      const { transfer, token } = await withWallet(choice, (wallet) => pay(wallet, to, amount, choice));
      printResult(json, transfer, () => describeSettled(transfer, token));
    });
}

interface TransferOptions extends WalletChoice, WaitChoice, TermChoice {
  readonly token: string;
  readonly fee?: string;
  readonly maxFee?: string;
  readonly open?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** Makes a transfer, after the user has seen whom it pays, and what. Returns what became of it, and the receiver. */
export async function pay(wallet: ConnectedWallet, to: string, text: string, options: TransferOptions) {
  const token = await tokenNamed(wallet, options.token);
  const amount = amountIn(text, token);
  requireFloat(amountFloat, amount, token);
  const known = await receiverOf(wallet, to, token.id, options);
  const { fee, opening } = await agreedCost(wallet, "transfer", amount, token, { ...options, opens: !known });
  const receiver = known ?? (await openedFor(wallet, to, token.id, opening!, options));
  say(`to account ${receiver.index}: ${receiver.address}, L1 address ${receiver.l1Address}`);
  if (receiver.isNamedByIndex && !options.yes && !(await confirm("Is that who you want to pay?"))) {
    const who = `account ${receiver.index} was named by its index alone`;
    throw new SheafError(
      "RECEIVER_UNCONFIRMED",
      `${who}, and nobody said that it is the right one; nothing was signed`,
    );
  }
  const sent = await wallet.transfer({ to: receiver, amount, token: token.id, fee, ...termOf(options) });
  const { index, address } = receiver;
  const settled = await settle("transfer", sent, options);
  const opened = opening !== undefined && { openingFee: opening, total: settled.total! + opening };
  return { transfer: { ...settled, receiver: { index, address }, ...opened }, token };
}

/** An account that somebody else may own, if only its index was given. */
type NamedReceiver = ReceiverAccount & { readonly isNamedByIndex: boolean };

/** Nothing if there is none yet, and it shall be opened. */
async function receiverOf(
  wallet: ConnectedWallet,
  to: string,
  token: number,
  { open }: TransferOptions,
): Promise<NamedReceiver | undefined> {
  const isNamedByIndex = /^\d{1,10}$/.test(to);
  try {
    return { ...(await wallet.receiver(isNamedByIndex ? Number(to) : to, token)), isNamedByIndex };
  } catch (error) {
    const isMissing = error instanceof SheafError && error.code === "ACCOUNT_NOT_FOUND";
    if (!isMissing || isNamedByIndex || open === undefined) throw error;
    return undefined;
  }
}

async function openedFor(
  wallet: ConnectedWallet,
  to: string,
  token: number,
  fee: bigint,
  { timeout }: TransferOptions,
): Promise<NamedReceiver> {
  const account = await withProgress("account", (onProgress) =>
    wallet.openAccount(to, token, {
      ...{ fee, payIn: token, timeout: timeout * 1000 },
      onWait: (why) => onProgress(0, why),
    }),
  );
  return { ...account, isNamedByIndex: false };
}
