import type { SheafNode } from "../node.ts";

/** What the HTTP API needs of a node. */
export type ServedNode = Pick<
  SheafNode,
  | "store"
  | "pool"
  | "domain"
  | "pending"
  | "underWay"
  | "projected"
  | "quote"
  | "submit"
  | "openAccount"
  | "subscribe"
  | "troubles"
>;
