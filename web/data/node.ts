import { NodeClient } from "../../api/client.ts";

export type {
  Account,
  AccountProof,
  Batch,
  Config,
  Contract,
  Fees,
  Health,
  L1Transaction,
  State,
  Token,
  Transaction,
  Withdrawal,
} from "../../api/client.ts";

/** The node that serves this page. */
export const node = new NodeClient(location.origin);
