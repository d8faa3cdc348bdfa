import type { Query } from "../../api/client.ts";
import { useList, type LiveList } from "./list.ts";
import { node, type Transaction } from "./node.ts";

/** The newest transactions of some account, batch or status; older ones by `loadMore`. */
export const useTransactions = (query: Query<"transactions">): LiveList<Transaction> =>
  useList(
    `transactions/${JSON.stringify(query)}`,
    (before) => node.transactions({ ...query, ...(before !== undefined && { before }) }),
    // A batch, or L1's taking one back, changes transactions without a word on each.
    ({ type }) => type === "transaction" || type === "batch" || type === "state",
  );
