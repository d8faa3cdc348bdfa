import type { BatchSize } from "../../../protocol/constants.ts";

/** Both of them accept EVERY proof: who follows L1 never looks at one. */
export const FOLLOWED_SIZES: readonly [BatchSize, BatchSize] = [
  { name: "followed-4", transfers: 4, accounts: 6, l1Operations: 3, withdrawals: 2, segments: 9, nodes: 40 },
  { name: "followed-2", transfers: 2, accounts: 4, l1Operations: 1, withdrawals: 1, segments: 5, nodes: 30 },
];
