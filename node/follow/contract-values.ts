import { SheafError } from "../../protocol/errors.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import type { L1 } from "../l1/l1.ts";
import { allOf } from "../l1/parallel.ts";
import { EMPTY_CHAIN, type Store } from "../store/store.ts";
import { MissingLogs } from "./missing-logs.ts";

/** What was read is not what the contract has: one of the two is not true, and it may be what an earlier page said. */
export class ContractDisagrees extends SheafError {
  constructor(message: string) {
    super("RPC_INCONSISTENT", message);
  }
}

/** What the contract says of itself at a block. */
export interface ContractValues {
  readonly batchNumber: number;
  readonly stateRoot: bigint;
  readonly batchChain: string;
  readonly queueHead: number;
  readonly queueTail: number;
  /** Hash of the whole queue; `undefined` before the first operation. */
  readonly queueHash: string | undefined;
  /** Of those operations of the queue that were asked for and still wait, by place: Unix time in seconds. */
  readonly deadlines: ReadonlyMap<number, number>;
  readonly isFrozen: boolean;
  readonly tokenCount: number;
  /** What the rollup owes of those tokens that were asked for, by id. */
  readonly totals: readonly bigint[];
}

/**
 * As many calls as follow from what is known already, whatever the answers are: a node that names 60,000 tokens is not
 * asked about each.
 *
 * @param queued places in the queue whose deadlines are wanted: events tell them, but no hash covers them
 * @param tokens how many tokens are known
 * @throws SheafError RPC_REFUSED if the node does not keep the state of that block, or answers no calls at all
 */
export async function contractValues(
  l1: L1,
  block: number,
  queued: readonly number[],
  tokens: number,
): Promise<ContractValues> {
  const call = (name: string, ...args: readonly unknown[]) => l1.call(name, args, block);
  const names = ["batchNumber", "stateRoot", "batchChain", "queueBounds", "tokenCount", "isFrozen"];
  const [batchNumber, stateRoot, batchChain, bounds, tokenCount, isFrozen] = await Promise.all(
    names.map((name) => call(name)),
  );
  const [queueHead, queueTail] = bounds!.map(Number) as [number, number];
  const known = Array.from({ length: Math.min(tokens, Number(tokenCount![0])) }, (_, token) => token);
  const [lastHash] = queueTail === 0 ? [] : await call("queueEntry", queueTail - 1);
  const waiting = queued.filter((place) => place >= queueHead && place < queueTail);
  const deadlines = await allOf(
    waiting,
    async (place) => [place, Number((await call("queueEntry", place))[1])] as const,
  );
  const totals = await allOf(known, (token) => call("tokenTotal", token));
  return {
    batchNumber: Number(batchNumber![0]),
    stateRoot: stateRoot![0] as bigint,
    batchChain: batchChain![0] as string,
    queueHead,
    queueTail,
    queueHash: lastHash as string | undefined,
    deadlines: new Map(deadlines),
    isFrozen: isFrozen![0] as boolean,
    tokenCount: Number(tokenCount![0]),
    totals: totals.map(([total]) => total as bigint),
  };
}

/**
 * Compares a store with what the contract says of itself. Where the contract counts more, logs were left out, the last
 * ones, which no later log can betray.
 *
 * @throws SheafError RPC_LOGS_MISSING, RPC_INCONSISTENT
 */
export function requireContractValues(store: Store, values: ContractValues): void {
  const last = store.lastBatch;
  const { head, tail } = store.queueBounds;
  const missing = (
    what: string,
    table: "batches" | "queue" | "tokens" | "escapes",
    ours: number,
    theirs: number,
  ): void => {
    if (theirs <= ours) return;
    throw new MissingLogs(`the contract has ${theirs} ${what}, its logs ${ours}`, store.lastBlockOf(table));
  };
  missing("batches", "batches", last?.number ?? 0, values.batchNumber);
  missing("queued operations", "queue", tail, values.queueTail);
  missing("tokens", "tokens", store.tokens().length, values.tokenCount);
  missing("freezes", "escapes", Number(store.isFrozen), Number(values.isFrozen));
  values.totals.forEach((total, token) => {
    if (store.books.tokenTotal(token) > total) {
      throw new MissingLogs(`more of token ${token} was pulled than its logs say`, store.verified);
    }
  });

  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours === theirs) return;
    throw new ContractDisagrees(`${what} is ${ours} by the logs, and ${theirs} by the contract`);
  };
  compare("the number of batches", last?.number ?? 0, values.batchNumber);
  compare("the state's root", last?.root ?? EMPTY_NODES.at(-1)!, values.stateRoot);
  compare("the hash of all batches", last?.chain ?? EMPTY_CHAIN, values.batchChain);
  compare("the queue's head", head, values.queueHead);
  compare("the queue's length", tail, values.queueTail);
  compare("the hash of the queue", tail === 0 ? undefined : store.queueHash(tail), values.queueHash);
  for (const [place, deadline] of values.deadlines) {
    // A deposit that was given back has none any more.
    if (!store.isRefunded(place))
      compare(`the deadline of operation ${place}`, store.queued(place)!.deadline, deadline);
  }
  compare("whether the rollup is frozen", store.isFrozen, values.isFrozen);
  compare("the number of tokens", store.tokens().length, values.tokenCount);
  values.totals.forEach((total, token) => {
    compare(`the total of token ${token}`, store.books.tokenTotal(token), total);
  });
}
