import type { Query } from "../../api/routes.ts";
import type { Withdrawal } from "../../api/schemas.ts";
import type { Store } from "../store/store.ts";
import { pageOf, type Page } from "./paging.ts";

/** Credits that are listed of a token. */
const MOST_CREDITS = 100;

/** What an L1 address can pull from the rollup, and the batches that credited it, by token. */
export function withdrawalsPage(store: Store, { l1Address, limit, after }: Query<"withdrawals">): Page<Withdrawal> {
  const holder = BigInt(l1Address);
  const accounts = [...store.stored().accountsOf(holder)];
  const held = new Set(accounts.map(([, { token }]) => token));
  // A deposit that is given back may be the address's only one, and in no account.
  const tokens = [...store.tokens().keys()].filter((token) => held.has(token) || store.books.hasPaid(token, holder));
  const view = (token: number): Withdrawal => {
    const senders = accounts.filter(([, account]) => account.token === token).map(([index]) => index);
    const credits = senders
      .flatMap((sender) => store.history.credits(sender, MOST_CREDITS))
      .sort((a, b) => b.batch - a.batch || b.row - a.row)
      .slice(0, MOST_CREDITS)
      .map(({ batch, amount }) => ({ batch, amount, block: store.batch(batch)!.block }));
    return { l1Address, token, withdrawable: store.books.withdrawable(token, holder), credits };
  };
  const list = (beyond = "-1", limit = 0) =>
    tokens
      .filter((token) => token > Number(beyond))
      .slice(0, limit)
      .map((token) => ({ item: view(token), position: `${token}` }));
  return pageOf([{ name: "t", list }], after, limit);
}
