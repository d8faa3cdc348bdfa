import { formatEther } from "ethers";
import type { Health } from "../../api/schemas.ts";
import { BatchGas } from "../../l1/batch-gas.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { ProverClient } from "../../prover/service/client.ts";
import type { BlobFinder } from "../blobs/finder.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import type { Block, L1 } from "../l1/l1.ts";
import type { Pool } from "../pool/pool.ts";
import type { Vitals } from "../sequencer/vitals.ts";
import type { Store } from "../store/store.ts";
import { BLOB_GAS } from "../submitter/l1-account.ts";
import type { Market } from "../submitter/fees.ts";
import { BlobWatch } from "../watch/blobs.ts";
import type { ServedNode } from "./served-node.ts";
import { throttled } from "./throttled.ts";

/** Says what is missing, if anything is. */
export type Check = () => Promise<Missing | undefined> | Missing | undefined;

export interface Missing {
  readonly what: string;
  readonly why: string;
  /** Whether the node is of no use without it. */
  readonly isVital?: boolean;
}

/** Blocks that the node may be behind L1, or L1's node behind it. */
const MOST_BEHIND = 10;
/** Milliseconds after which work that does not get on is told, and after which the node is of no use. */
const [STALLED_MS, STOPPED_MS] = [3 * 60_000, 15 * 60_000];
/** Milliseconds for which looks at L1 may fail in a row before the node is of no use. */
const BLIND_MS = 2 * 60_000;
/** Failures of a look at L1 that do not pass by themselves. */
const LASTING: readonly string[] = [
  ...["CHAIN_WRONG", "REORG_TOO_DEEP", "ROLLUP_NOT_FOUND", "DEPLOYMENT_BLOCK_UNKNOWN"],
  ...["FILE_UNWRITABLE", "STORE_CORRUPT", "NODE_DATA_CORRUPT"],
];

/** L1's newest block, as its node has it now. */
export type Newest = () => Promise<Pick<Block, "number" | "timestamp">>;

/** What every node needs. */
export function nodeChecks(store: Store, newest: Newest): readonly Check[] {
  return [
    async () => {
      const head = await newest().catch(() => undefined);
      if (head === undefined) return { what: "L1", why: "its node does not answer", isVital: true };
      const behind = head.number - store.cursor.number;
      if (behind > MOST_BEHIND) return { what: "L1", why: `this node is ${behind} blocks behind` };
      if (-behind <= MOST_BEHIND) return undefined;
      const why = `its node has ${head.number} blocks, and this node has read ${store.cursor.number}: that one is of another chain, or far behind`;
      return { what: "L1", why, isVital: true };
    },
    async () => {
      const oldest = store.queued(store.queueBounds.head);
      if (oldest === undefined) return undefined;
      // By L1's clock, as the contract counts. Where its node does not answer, that is told above.
      const head = await newest().catch(() => undefined);
      if (head === undefined || oldest.deadline >= head.timestamp) return undefined;
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

/** What the health of every node that takes operations in is judged by. */
export function ownChecks(node: ServedNode, newest: Newest, clock: Clock = SYSTEM_CLOCK): readonly Check[] {
  return [...nodeChecks(node.store, newest), diskCheck(node.pool, clock), ...workChecks(node), keysCheck(node, clock)];
}

/** Blocks of L1 that were not read yet. Throws where L1's node does not answer. */
export async function blocksBehind(store: Store, newest: Newest): Promise<number> {
  return Math.max(0, (await newest()).number - store.cursor.number);
}

/** Whether an acknowledged operation can be kept. */
export function diskCheck(pool: Pick<Pool, "requireWritable">, clock: Clock = SYSTEM_CLOCK): Check {
  const isWritable = throttled(async () => pool.requireWritable(), clock);
  return () =>
    isWritable().then(
      () => undefined,
      (error: unknown) => ({ what: "disk", why: `nothing can be kept: ${messageOf(error)}`, isVital: true }),
    );
}

/** Milliseconds after which it is looked again whether old blobs are to be had. */
const BLOBS_MS = 10 * 60_000;

/** Whether somebody else has the blobs that L1's nodes forget. It answers by the last look, while the next one goes on. */
export function blobCheck(l1: L1, store: Store, finder: BlobFinder, clock: Clock = SYSTEM_CLOCK): Check {
  const watch = new BlobWatch(finder);
  let found: Missing | undefined;
  let next = -Infinity;
  return () => {
    if (clock.elapsed() >= next) {
      next = clock.elapsed() + BLOBS_MS;
      // What L1's node does not answer is told by other checks.
      const look = watch.look(l1, store, clock.now() / 1000).catch(() => []);
      void look.then(([alarm]) => (found = alarm && { what: "blobs", why: alarm.message }));
    }
    return found;
  };
}

/** Whether L1 takes batches of the account that the node submits from. */
export function operatorCheck(l1: L1, account: string, clock: Clock = SYSTEM_CLOCK): Check {
  const look = throttled(async () => {
    const operator = String((await l1.call("operator", [], "latest"))[0]);
    return { operator, hasCode: await l1.at(account).hasCode("latest") };
  }, clock);
  return async () => {
    const found = await look().catch(() => undefined);
    if (found === undefined) return undefined;
    const { operator, hasCode } = found;
    if (operator !== account) {
      const why = `the rollup's is ${operator}; batches of ${account}, this node's account, are refused`;
      return { what: "operator", why, isVital: true };
    }
    if (!hasCode) return undefined;
    const why = `${account}, this node's account, delegates to a contract, and L1 takes batches of accounts without code only`;
    return { what: "operator", why, isVital: true };
  };
}

/** Whether the account can pay for a batch, as gas is now. */
export function purseCheck(
  account: OperatorAccount,
  feeCap: bigint,
  clock: Clock = SYSTEM_CLOCK,
  blobFeeCap = feeCap,
): Check {
  const look = throttled(async () => ({ balance: await account.balance(), market: await account.market() }), clock);
  return async () => {
    const found = await look().catch(() => undefined);
    if (found === undefined) return undefined;
    const { balance, market } = found;
    const price = market.baseFee + market.priorityFee;
    const { blobBaseFee = 0n } = market;
    const cost = BigInt(BatchGas.EXPECTED) * price + BLOB_GAS * blobBaseFee;
    if (balance < cost) {
      const why = `the account has ${formatEther(balance)} ETH, and a batch costs ${formatEther(cost)} now`;
      return { what: "ether", why, isVital: true };
    }
    const tooDear = (what: string, fee: bigint, cap: bigint) => {
      return { what: "gas", why: `${what} costs ${fee} wei, which is above the cap of ${cap}: batches wait` };
    };
    if (price > feeCap) return tooDear("a gas", price, feeCap);
    return blobBaseFee > blobFeeCap ? tooDear("a blob's gas", blobBaseFee, blobFeeCap) : undefined;
  };
}

/** An account that pays for batches. */
export interface OperatorAccount {
  /** Wei. */
  balance(): Promise<bigint>;
  /** Wei a gas. */
  market(): Promise<Pick<Market, "baseFee" | "priorityFee" | "blobBaseFee">>;
}

/** Whether a prover service is there, and able to prove: until it is, batches are made and go no further. */
export function proverCheck(client: Pick<ProverClient, "health">, clock: Clock = SYSTEM_CLOCK): Check {
  const health = throttled(() => client.health(), clock);
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

/** Whether the prover of this process has what it needs. */
export function keysCheck(node: Pick<ServedNode, "proverLacks">, clock: Clock = SYSTEM_CLOCK): Check {
  const look = throttled(async () => node.proverLacks?.(), clock);
  return async () => {
    const why = await look().catch(messageOf);
    return why === undefined ? undefined : { what: "keys", why };
  };
}

/** Whether looks at L1 succeed, and batches get on. */
export function workChecks(node: Pick<ServedNode, "troubles" | "vitals">): readonly Check[] {
  return [
    () => {
      const { failing } = node.vitals();
      if (failing === undefined) return undefined;
      const { count, duration, error } = failing;
      const isVital = duration > BLIND_MS || (error instanceof SheafError && LASTING.includes(error.code));
      const why = `${count} in a row have failed, for ${secondsOf(duration)} s: ${messageOf(error)}`;
      return { what: "looks at L1", why, isVital };
    },
    () => {
      const { stalled, batch } = node.vitals();
      const why = node.troubles().map(({ what, why }) => `${what}: ${why}`);
      if (stalled > STALLED_MS) {
        const which = batch === undefined ? "no batch is made" : `batch ${batch.number} is the oldest under way`;
        why.push(`nothing has got on for ${secondsOf(stalled)} s, and ${which}`);
      }
      return why.length === 0 ? undefined : { what: "work", why: why.join("; "), isVital: stalled > STOPPED_MS };
    },
  ];
}

const secondsOf = (milliseconds: number): number => Math.floor(milliseconds / 1000);
const messageOf = (error: unknown): string =>
  error instanceof SheafError ? `${error.code}: ${error.message}` : String(error);

/** What all the checks say together, and how work gets on. */
export async function healthOf(checks: readonly Check[], node?: Pick<ServedNode, "vitals">): Promise<Health> {
  const found = await missingOf(checks);
  const status = found.some(({ isVital }) => isVital) ? "down" : found.length > 0 ? "degraded" : "ok";
  const work = node && workOf(node.vitals());
  return { status, missing: found.map(({ what, why }) => ({ what, why })), ...(work && { work }) };
}

function workOf({ failing, stalled, batch, operation }: Vitals): NonNullable<Health["work"]> {
  return {
    ...{ failedLooks: failing?.count ?? 0, stalledFor: secondsOf(stalled) },
    ...(batch && {
      oldestBatch: {
        ...{ number: batch.number, age: secondsOf(batch.age) },
        ...(batch.submission && { submission: batch.submission, delivery: batch.delivery }),
      },
    }),
    ...(operation && { oldestOperation: { id: operation.id, age: secondsOf(operation.age) } }),
  };
}

export async function missingOf(checks: readonly Check[]): Promise<readonly Missing[]> {
  return (await Promise.all(checks.map((check) => check()))).filter((missing) => missing !== undefined);
}
