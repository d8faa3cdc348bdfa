import type { Account, Owner } from "../../protocol/account.ts";
import type { SignedOperation } from "../../protocol/operations.ts";
import type { PooledOperation } from "../pool/operation.ts";
import type { Pool } from "../pool/pool.ts";
import type { NodeEvent } from "../sequencer/events.ts";
import type { Store } from "../store/store.ts";

/** What a transfer of a token costs now. Wei, and base units of the token. */
export interface Quote {
  readonly gasPrice: bigint;
  readonly gasPerTransfer: number;
  readonly weiPerTransfer: bigint;
  /** Suggested. */
  readonly fee: bigint;
  /** Below which no transfer is accepted. */
  readonly minimum: bigint;
}

/** What the HTTP API needs of a node. */
export interface ServedNode {
  readonly store: Store;
  readonly pool: Pool;
  readonly domain: bigint;
  /** An account as it is after everything that the node has accepted. */
  projected(index: number): Account | undefined;
  submit(operation: SignedOperation): Promise<PooledOperation>;
  openAccount(owner: Owner, token: number): Promise<{ readonly index: number; readonly opening?: PooledOperation }>;
  quote(token: number): Promise<Quote>;
  /** Returns how to end it. */
  subscribe(listener: (event: NodeEvent) => void): () => void;
}
