import type { Contents } from "../../l1/batch-gas.ts";
import type { BatchRequest } from "../../protocol/request.ts";

/** How many of each thing a batch holds. */
export const contentsOf = ({ l1Operations, withdrawals, transfers }: BatchRequest): Contents => {
  return { l1Operations: l1Operations.length, withdrawals: withdrawals.length, transfers: transfers.length };
};
