import { NodeClient } from "../../api/client.ts";

export type { Account, AccountProof, Batch, Fees, State, Token, Transaction, Withdrawal } from "../../api/client.ts";

/** The node that serves this page. */
export const node = new NodeClient(location.origin);
