import type { Health } from "../../api/schemas.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import type { L1 } from "../l1.ts";
import type { ProverClient } from "../../prover/service/client.ts";
import type { Store } from "../store/store.ts";
import { lately } from "./lately.ts";

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

/**
 * What every node needs.
 *
 * @param newest L1's newest block
 */
export function nodeChecks(store: Store, newest: () => Promise<number>, clock: Clock = SYSTEM_CLOCK): readonly Check[] {
  return [
    async () => {
      const behind = await blocksBehind(store, newest).catch(() => undefined);
      if (behind === undefined) return { what: "L1", why: "its node does not answer", isVital: true };
      return behind > MOST_BEHIND ? { what: "L1", why: `this node is ${behind} blocks behind` } : undefined;
    },
    () => {
      const oldest = store.queued(store.queueBounds.head);
      if (oldest === undefined || oldest.deadline > clock.now() / 1000) return undefined;
      return { what: "queue", why: `operation ${oldest.place} of L1's queue is past its deadline` };
    },
    () => {
      const unchecked = store.cursor.number - store.verified;
      if (unchecked <= MOST_BEHIND) return undefined;
      const why = `its node has not given the contract's own values for ${unchecked} blocks: logs may be missing`;
      return { what: "L1", why };
    },
    () =>
      store.isFrozen ? { what: "rollup", why: "it is frozen: no batch is taken any more", isVital: true } : undefined,
  ];
}

/** Blocks of L1 that were not read yet. Throws where L1's node does not answer. */
export async function blocksBehind(store: Store, newest: () => Promise<number>): Promise<number> {
  return Math.max(0, (await newest()) - store.cursor.number);
}

/** Whether L1 takes batches of the account that the node submits from. */
export function operatorCheck(l1: L1, account: string, clock: Clock = SYSTEM_CLOCK): Check {
  const operator = lately(async () => String((await l1.call("operator", [], "latest"))[0]), clock);
  return async () => {
    const found = await operator().catch(() => undefined);
    if (found === undefined || found === account) return undefined;
    const why = `the rollup's is ${found}; batches of ${account}, this node's account, are refused`;
    return { what: "operator", why, isVital: true };
  };
}

/** Whether a prover service is there, and able to prove: until it is, batches are made and go no further. */
export function proverCheck(client: Pick<ProverClient, "health">, clock: Clock = SYSTEM_CLOCK): Check {
  const health = lately(() => client.health(), clock);
  return async () => {
    try {
      const { status, missing } = await health();
      if (status === "ok") return undefined;
      const why = missing.map(({ what, why }) => `${what}: ${why}`).join("; ");
      return { what: "prover", why: `the prover service is ${status}: ${why}` };
    } catch (error) {
      return { what: "prover", why: `the prover service does not answer: ${(error as Error).message}` };
    }
  };
}

/** Whether the batches under way go on. */
export function workCheck(node: { troubles(): readonly { readonly what: string; readonly why: string }[] }): Check {
  return () => {
    const why = node.troubles().map(({ what, why }) => `${what}: ${why}`);
    return why.length === 0 ? undefined : { what: "work", why: why.join("; ") };
  };
}

/** What all the checks say together. */
export async function healthOf(checks: readonly Check[]): Promise<Health> {
  const found = await missingOf(checks);
  const status = found.some(({ isVital }) => isVital) ? "down" : found.length > 0 ? "degraded" : "ok";
  return { status, missing: found.map(({ what, why }) => ({ what, why })) };
}

export async function missingOf(checks: readonly Check[]): Promise<readonly Missing[]> {
  return (await Promise.all(checks.map((check) => check()))).filter((missing) => missing !== undefined);
}
