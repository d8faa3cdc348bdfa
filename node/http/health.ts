import type { Health } from "../../api/schemas.ts";
import { ask, quantity } from "../answers.ts";
import type { Rpc } from "../rpc.ts";
import type { Store } from "../store/store.ts";
import { inTime } from "../in-time.ts";

/** Says what is missing, if anything is. */
export type Check = () => Promise<Missing | undefined> | Missing | undefined;

export interface Missing {
  readonly what: string;
  readonly why: string;
  /** Whether the node is of no use without it. */
  readonly isVital?: boolean;
}

/** Blocks that the node may be behind L1. */
const MOST_BEHIND = 10;

/** What every node needs. */
export function nodeChecks(store: Store, rpc: Rpc): readonly Check[] {
  return [
    async () => {
      const behind = await blocksBehind(store, rpc).catch(() => undefined);
      if (behind === undefined) return { what: "L1", why: "its node does not answer", isVital: true };
      return behind > MOST_BEHIND ? { what: "L1", why: `this node is ${behind} blocks behind` } : undefined;
    },
    () => {
      const oldest = store.queued(store.queueBounds.head);
      if (oldest === undefined || oldest.deadline > Date.now() / 1000) return undefined;
      return { what: "queue", why: `operation ${oldest.place} of L1's queue is past its deadline` };
    },
    () =>
      store.isFrozen ? { what: "rollup", why: "it is frozen: no batch is taken any more", isVital: true } : undefined,
  ];
}

/** Blocks of L1 that were not read yet. Throws where L1's node does not answer. */
export async function blocksBehind(store: Store, rpc: Rpc): Promise<number> {
  const newest = await inTime(ask(rpc, quantity, "eth_blockNumber"));
  return Math.max(0, newest - store.cursor.number);
}

/** What all the checks say together. */
export async function healthOf(checks: readonly Check[]): Promise<Health> {
  const found = (await Promise.all(checks.map((check) => check()))).filter((missing) => missing !== undefined);
  const status = found.some(({ isVital }) => isVital) ? "down" : found.length > 0 ? "degraded" : "ok";
  return { status, missing: found.map(({ what, why }) => ({ what, why })) };
}
