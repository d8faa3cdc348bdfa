import type { Account, Transaction, Withdrawal } from "../../api/client.ts";
import { accountsOf } from "../../wallet/receiver.ts";
import type { PublicWallet, viewAtNode } from "./open-wallet.ts";
import { table } from "./output.ts";
import { amountText, tokensOf, type NamedToken } from "../../wallet/named-tokens.ts";
import { describeSettled, heldText, reasonText } from "./wait-for.ts";

/** Transactions of each account that are listed. */
const RECENT = 5;

/** What `./sheaf status` prints. */
export type Holdings = Awaited<ReturnType<typeof holdingsOf>>;

/** Who tells what a wallet has: a node, or L1 alone. */
export interface HoldingsSource {
  readonly tokens: readonly NamedToken[];
  readonly accounts: readonly Account[];
  transactions(query: { readonly account: number; readonly limit: number }): Promise<Page<Transaction>>;
  withdrawals(query: { readonly l1Address: string }): Promise<Page<Withdrawal>>;
}

interface Page<Item> {
  readonly items: readonly Item[];
}

/** What a wallet has in the rollup and may pull on L1, and its last transactions, by its node's word. */
export async function holdingsAtNode({ wallet, connection }: Awaited<ReturnType<typeof viewAtNode>>) {
  const { node } = connection;
  return holdingsOf(wallet, {
    tokens: await tokensOf(node),
    accounts: await accountsOf(connection, wallet.owner),
    transactions: (query) => node.transactions(query),
    withdrawals: (query) => node.withdrawals(query),
  });
}

export async function holdingsOf({ address, owner }: PublicWallet, source: HoldingsSource) {
  const tokens = new Map(source.tokens.map((token) => [token.id, token]));
  const accounts = [];
  for (const { index, token: id, balance, pending, nonce, exited } of source.accounts) {
    const token = tokens.get(id);
    // A submitter of batches can open accounts in anybody's name, for unknown tokens too: they hold nothing.
    if (token === undefined) continue;
    const { items } = await source.transactions({ account: index, limit: RECENT });
    const left = exited === true && { exited };
    accounts.push({ index, token, balance, pending: pending.balance, nonce, ...left, recent: items });
  }
  const { items: withdrawals } = await source.withdrawals({ l1Address: owner.l1Address });
  const withdrawable = withdrawals.flatMap(({ token: id, withdrawable: amount }) => {
    const token = tokens.get(id);
    return token === undefined ? [] : [{ token, amount }];
  });
  return { address, l1Address: owner.l1Address, accounts, withdrawable };
}

export function describeHoldings({ address, l1Address, accounts, withdrawable }: Holdings): readonly string[] {
  return [
    `address     ${address}`,
    `L1 account  ${l1Address}`,
    "",
    ...(accounts.length === 0
      ? ["no account in the rollup yet: ./sheaf deposit opens one"]
      : table(
          ["account", "balance", "after what is pending"],
          accounts.map(({ index, token, balance, pending, exited }) => [
            `${index}`,
            amountText(balance, token),
            exited === true ? "has left the rollup" : amountText(pending, token),
          ]),
        )),
    ...withdrawable
      .filter(({ amount }) => amount > 0n)
      .map(({ token, amount }) => `${amountText(amount, token)} to pull on L1`),
    ...accounts.flatMap(({ index, token, recent }) => [
      "",
      `last of account ${index}:`,
      ...table(
        ["status", "amount", "what", "id"],
        recent.map(({ id, kind, status, amount, to }) => [
          status,
          amountText(amount, token),
          kind === "transfer" ? (to === index ? "from others" : `to account ${to}`) : kind,
          id,
        ]),
      ),
    ]),
  ];
}

/** An operation, and what leaves the payer's account in all, if it was signed: L1's queue takes no fee of a token. */
export type ShownTransaction = Transaction & { readonly total?: bigint };

export const withTotal = (transaction: Transaction): ShownTransaction =>
  transaction.kind === "transfer" || transaction.kind === "withdrawal"
    ? { ...transaction, total: transaction.amount + transaction.fee }
    : transaction;

export function describeTransaction(transaction: ShownTransaction, token?: NamedToken): readonly string[] {
  const { kind, from, to, reason, rejectedBefore, held } = transaction;
  const between = [from === undefined ? "" : ` from account ${from}`, to === undefined ? "" : ` to account ${to}`];
  const why = [
    ...(reason === undefined ? [] : [reasonText(reason)]),
    ...(held === undefined ? [] : [heldText(held)]),
    ...(rejectedBefore === undefined
      ? []
      : [`the node had rejected it (${reasonText(rejectedBefore)}); L1 executed it all the same`]),
  ];
  return [`${kind}${between.join("")}`, ...describeSettled(transaction, token), ...why];
}
