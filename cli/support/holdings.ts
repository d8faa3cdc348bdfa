import { formatUnits } from "ethers";
import type { Token, Transaction } from "../../api/client.ts";
import type { ConnectedWallet } from "../../wallet/index.ts";
import { table } from "./output.ts";
import { tokensOf } from "./token-amounts.ts";
import { describeSettled } from "./wait-for.ts";

/** Transactions of each account that are listed. */
const RECENT = 5;

/** What `./sheaf status` prints. */
export type Holdings = Awaited<ReturnType<typeof holdingsOf>>;

/** What a wallet has in the rollup and may pull on L1, and its last transactions. */
export async function holdingsOf(wallet: ConnectedWallet) {
  const { node, wallet: keys } = wallet;
  const tokens = await tokensOf(node);
  const owned = await wallet.accounts();
  const accounts = [];
  for (const { index, token: id, balance, pending, nonce } of owned) {
    const token = tokens[id];
    // Whoever submits batches can open accounts in anybody's name, also of what is no token: they hold nothing.
    if (token === undefined) continue;
    const { items } = await node.transactions({ account: index, limit: RECENT });
    accounts.push({ index, token, balance, pending: pending.balance, nonce, recent: items });
  }
  const { items: withdrawals } = await node.withdrawals({ l1Address: keys.owner.l1Address });
  const withdrawable = withdrawals.map(({ token, withdrawable: amount }) => ({ token: tokens[token]!, amount }));
  return { address: keys.address, l1Address: keys.owner.l1Address, accounts, withdrawable };
}

const shown = (amount: bigint, { symbol, decimals }: Token): string => `${formatUnits(amount, decimals)} ${symbol}`;

export function describeHoldings({ address, l1Address, accounts, withdrawable }: Holdings): readonly string[] {
  return [
    `address     ${address}`,
    `L1 account  ${l1Address}`,
    "",
    ...table(
      ["account", "balance", "after what is pending"],
      accounts.map(({ index, token, balance, pending }) => [`${index}`, shown(balance, token), shown(pending, token)]),
    ),
    ...withdrawable
      .filter(({ amount }) => amount > 0n)
      .map(({ token, amount }) => `${shown(amount, token)} to pull on L1`),
    ...accounts.flatMap(({ index, token, recent }) => [
      "",
      `last of account ${index}:`,
      ...recent.map(({ id, kind, status, amount, to }) => {
        const direction = kind === "transfer" ? (to === index ? "from others" : `to account ${to}`) : kind;
        return `  ${status.padEnd(8)}  ${shown(amount, token)}  ${direction}  ${id}`;
      }),
    ]),
  ];
}

export function describeTransaction(transaction: Transaction): readonly string[] {
  const { kind, from, to, reason } = transaction;
  const between = [from === undefined ? "" : ` from account ${from}`, to === undefined ? "" : ` to account ${to}`];
  const why = reason === undefined ? [] : [`${reason.code}: ${reason.message}`];
  return [`${kind}${between.join("")}`, ...describeSettled(transaction), ...why];
}
