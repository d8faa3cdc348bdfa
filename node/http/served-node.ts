import type { SheafNode } from "../node.ts";
import { Pool } from "../pool/pool.ts";
import type { Store } from "../store/store.ts";

/** What the HTTP API needs of a node. */
export type ServedNode = Pick<
  SheafNode,
  | "store"
  | "pool"
  | "domain"
  | "pending"
  | "ready"
  | "underWay"
  | "projected"
  | "reserved"
  | "held"
  | "early"
  | "quote"
  | "batchBy"
  | "submit"
  | "openAccount"
  | "subscribe"
  | "troubles"
  | "vitals"
> &
  Partial<Pick<SheafNode, "policy" | "proverLacks">>;

/** What accounts and transactions are shown of. */
export type ReadNode = Pick<
  ServedNode,
  "store" | "pool" | "pending" | "underWay" | "projected" | "reserved" | "held" | "early" | "batchBy"
>;

/** A rollup of which nothing is known but what L1 has. */
export const onL1 = (store: Store): ReadNode => ({
  store,
  pool: Pool.inMemory(store.chainId, store.rollup),
  pending: [],
  underWay: () => [],
  projected: (index) => store.stored().account(index),
  reserved: (index) => store.stored().account(index),
  held: () => undefined,
  early: new Map(),
  batchBy: () => undefined,
});
