import type { Account, Transaction, Withdrawal } from "../../api/client.ts";
import { Accounts } from "../../node/http/accounts.ts";
import { onL1 } from "../../node/http/served-node.ts";
import { Transactions } from "../../node/http/transactions.ts";
import { withdrawalsPage } from "../../node/http/withdrawals.ts";
import { BlobWatch } from "../../node/watch/blobs.ts";
import type { QueuedOperation } from "../../node/store/store.ts";
import { addressToHex } from "../../protocol/json-fields.ts";
import { amountText, tokensOf, type NamedToken } from "../../wallet/named-tokens.ts";
import { accountsOf } from "../../wallet/receiver.ts";
import { followToHead, type AtHead, type FollowChoice } from "./follow.ts";
import { viewOnL1, type L1Place, type PublicWallet, type viewAtNode, type WalletChoice } from "./open-wallet.ts";
import { say, table } from "./output.ts";
import { describeSettled, heldText, isoTime, reasonText } from "./wait-for.ts";

/** Transactions of each account that are listed. */
const RECENT = 5;

/** What `./sheaf status` prints. */
type Holdings = Awaited<ReturnType<typeof holdingsOf>>;

/** Who tells what a wallet has: a node, or L1 alone. */
interface HoldingsSource {
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

async function holdingsOf({ address, owner }: PublicWallet, source: HoldingsSource) {
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
        recent.map(({ id, kind, status, waitsUntil, amount, to }) => [
          waitsUntil === undefined ? status : `kept until ${isoTime(waitsUntil)}`,
          amountText(amount, token),
          kind === "transfer" ? (to === index ? "from others" : `to account ${to}`) : kind,
          id,
        ]),
      ),
    ]),
  ];
}

/** An operation, and what leaves the payer's account in all, if it was signed: L1's queue takes no fee of a token. */
type ShownTransaction = Transaction & { readonly total?: bigint };

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

// `./sheaf status` where no node of the rollup is asked: everything is from L1, each root checked.

/** Accounts that are listed: an address has one a token, unless somebody opens others in its name. */
const MOST_ACCOUNTS = 500;

/** What a wallet has by L1 alone, and how the rollup is. */
export interface HoldingsOnL1 extends Holdings {
  /** The block up to which L1 was read. */
  readonly block: number;
  readonly rollup: RollupStatus;
  /** What waits in L1's queue for this L1 address, or would be given back to it. */
  readonly waiting: readonly Waiting[];
}

interface RollupStatus {
  readonly address: string;
  readonly frozen: boolean;
  /** Operations in L1's queue, and when the oldest must be served and after when the rollup can be frozen for it: Unix time. */
  readonly queue: { readonly waiting: number; readonly deadline?: number; readonly freezeTime?: number };
}

interface Waiting extends Pick<Transaction, "id" | "kind" | "amount"> {
  readonly token: NamedToken;
  readonly deadline: number;
  readonly refunded: boolean;
}

export async function statusOnL1(
  choice: WalletChoice & Omit<FollowChoice, keyof L1Place>,
  place: L1Place,
): Promise<HoldingsOnL1> {
  const { owner, address, tokens } = await viewOnL1(choice, place);
  const head = await followToHead({ ...choice, ...place });
  const { store } = head;
  try {
    const node = onL1(store);
    const l1Address = addressToHex(BigInt(owner.l1Address));
    const { items: accounts } = new Accounts(node).page({ ...owner, l1Address, limit: MOST_ACCOUNTS });
    const transactions = new Transactions(node);
    const holdings = await holdingsOf(
      { address, owner },
      {
        ...{ tokens, accounts },
        transactions: async (query) => transactions.page(query),
        withdrawals: async (query) => withdrawalsPage(store, { ...query, limit: MOST_ACCOUNTS }),
      },
    );
    const isMine = ({ operation, refundAddress }: QueuedOperation): boolean =>
      operation.l1Address === BigInt(l1Address) || BigInt(refundAddress) === BigInt(l1Address);
    const waiting = store
      .waiting()
      .filter(isMine)
      .map((queued): Waiting => {
        const { id, kind, token, amount } = transactions.find(`queue-${queued.place}`);
        const { deadline } = queued;
        return { id, kind, token: tokens[token]!, amount, deadline, refunded: store.isRefunded(queued.place) };
      });
    const forgotten = await new BlobWatch(head.blobs).look(head.l1, store, Date.now() / 1000);
    for (const { message } of forgotten) say(message);
    return { ...holdings, block: store.cursor.number, rollup: await rollupStatus(head), waiting };
  } finally {
    store.close();
  }
}

/** How far an operation is by L1 alone. Throws `TRANSACTION_UNKNOWN`: L1 does not know the ids of signed operations. */
export async function transactionOnL1(id: string, choice: FollowChoice): Promise<Transaction> {
  const { store } = await followToHead(choice);
  try {
    return new Transactions(onL1(store)).find(id);
  } finally {
    store.close();
  }
}

async function rollupStatus({ l1, store }: AtHead): Promise<RollupStatus> {
  const { head, tail } = store.queueBounds;
  const oldest = store.isFrozen ? undefined : store.queued(head);
  const queue = { waiting: tail - head };
  const status = { address: store.rollup, frozen: store.isFrozen };
  if (oldest === undefined) return { ...status, queue };
  const [freezeTime] = await l1.call("freezeTime", [], store.cursor.number);
  return { ...status, queue: { ...queue, deadline: oldest.deadline, freezeTime: Number(freezeTime) } };
}

export function describeOnL1({ block, rollup, waiting, ...holdings }: HoldingsOnL1): readonly string[] {
  return [
    `from L1 alone, up to block ${block}; what only a node knows is not in it`,
    ...describeRollup(rollup),
    ...describeHoldings(holdings),
    ...waiting.map(({ id, kind, token, amount, deadline, refunded }) => {
      const what = kind === "deposit" ? `deposit of ${amountText(amount, token)}` : "forced withdrawal";
      if (refunded) return `${id}  ${what}, given back`;
      return rollup.frozen
        ? `${id}  ${what}, which no batch takes any more`
        : `${id}  ${what}, due ${dateOf(deadline)}`;
    }),
  ];
}

function describeRollup({ address, frozen, queue }: RollupStatus): readonly string[] {
  const lines = [`rollup      ${address}`];
  if (frozen) return [...lines, "frozen      for good: leave with ./sheaf exit, get deposits back with ./sheaf refund"];
  if (queue.deadline === undefined) return [...lines, "queue       empty"];
  const { waiting, deadline, freezeTime } = queue;
  return [
    ...lines,
    `queue       ${waiting} waiting, the oldest due ${dateOf(deadline)}: past that anyone may serve it, ./sheaf propose`,
    ...(freezeTime === undefined ? [] : [`freeze      by anyone after ${dateOf(freezeTime)}, ./sheaf exit --freeze`]),
  ];
}

export const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
