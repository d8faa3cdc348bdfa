import type { Query } from "../../api/client.ts";
import { useList, type LiveList } from "./list.ts";
import { node, type Account } from "./node.ts";

/** Accounts of some owner or token, or all, by index; further ones by `loadMore`. */
export const useAccounts = (query: Pick<Query<"accounts">, "l1Address" | "pubKeyY" | "token">): LiveList<Account> =>
  useList(
    `accounts/${query.l1Address}/${query.pubKeyY}/${query.token}`,
    (after) => node.accounts({ ...query, limit: 50, ...(after !== undefined && { after }) }),
    ({ type }) => type === "batch" || type === "state",
  );
