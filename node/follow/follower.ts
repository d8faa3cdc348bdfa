/**
 * The one way by which anything of L1 gets into the store: pages of the rollup's logs, replayed in order.
 *
 * L1's node is not believed. Logs may be missing, blocks may be of another chain or change while they are read, several
 * nodes behind one address may be apart, and a single answer may be false. Three things hold a page together:
 *
 * - It stands on the block that the store's cursor names, by hash, before and after it is read (`#read`).
 * - Batches carry their own proof of order: each goes on from the root and the hash chain of the one before (apply.ts).
 * - At its end the contract's own values are asked for (contract-values.ts); `verified` is the last block where they
 *   agreed, and no fault is looked for before it.
 *
 * A contradiction is read again a few times, since a node that is behind causes one for a moment. If it stays, the fault
 * may lie before the page, where nothing betrayed it: the store goes back, to `verified` at most (`#stepBack`).
 * Traps: a look ends at the head that it saw when it began, or it never ends on a fast chain (`goal`); a node that prunes
 * refuses the values of old blocks, which is not a contradiction (`#servesPast`); a page is written batch by batch, as the
 * event loop waits for each, so that its first ones can be read before its end is compared (`#writeSteps`).
 */
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { inSlices } from "../../protocol/slices.ts";
import type { Steps } from "../../protocol/steps.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import { BlobFinder } from "../blobs/finder.ts";
import type { BlockReference, L1, RollupCall } from "../l1/l1.ts";
import { LogPager, type PageOptions } from "../l1/log-pager.ts";
import { allOf } from "../l1/parallel.ts";
import { saysUnknownBlock } from "../l1/rpc-schemas.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Store } from "../store/store.ts";
import { EventApplier } from "./apply.ts";
import { searchBlobs } from "./blob-search.ts";
import { ContractDisagrees, contractValues, requireContractValues, type ContractValues } from "./contract-values.ts";
import { eventSteps, type LoggedEvent } from "./events.ts";
import { MissingLogs } from "./missing-logs.ts";
import { PageBlobs } from "./page-blobs.ts";
import { replayAll, Said, type Replays } from "./replays.ts";
import { leaveFork, rememberFinal } from "./reorganisation.ts";

export interface FollowOptions extends PageOptions {
  /** How often a contradiction is read again before it counts as a lie. */
  readonly rereads?: number;
  /** Milliseconds before the first of these; each further pause is twice as long. */
  readonly pause?: number;
  /** Has the blobs that batches' transfers are in. By default nobody is asked. */
  readonly blobs?: BlobFinder | undefined;
  /** What the store was begun from, until it has been read past it. */
  readonly snapshot?: Snapshot | undefined;
  /** Told after every page how much of the way is done, from 0 to 1. */
  readonly onProgress?: (fraction: number, phase: string) => void;
}

/** Where a node has come to. */
export interface Followed {
  readonly block: BlockReference;
  /** Whether the contract's own values agreed there: `false` for a node that answers no calls. */
  readonly verified: boolean;
  /** Why they were not compared, in the node's words. */
  readonly refusal?: string | undefined;
  /** Newer blocks that not all of the nodes have: 0 unless it is several, of which some are behind the others. */
  readonly unread: number;
  /** How many reorganisations were met. */
  readonly reorganisations: number;
}

/** Batches that are read, replayed and written in one go. */
const MOST_BATCHES = 32;
/** Events after which the store moves on, if no batch has come before: some milliseconds of work. */
const MANY_EVENTS = 64;

/** How often the newest block is asked for to see whether a node is several, and blocks that these may be apart. */
const [SAMPLES, MOST_APART] = [8, 64];

/** What a node that is behind, or joined to another one by a load balancer, can cause for a moment. */
const MAY_PASS: readonly ErrorCode[] = [
  "RPC_BEHIND",
  "RPC_LOGS_MISSING",
  "RPC_INCONSISTENT",
  "ROOT_MISMATCH",
  "WORDS_MALFORMED",
];

interface Page {
  /** The block that the page stands on. */
  readonly base: BlockReference;
  readonly events: readonly LoggedEvent[];
  readonly end: BlockReference;
  readonly said: Said;
  readonly values: ContractValues | undefined;
  readonly replays: Replays;
}

/** What everybody must be told who relies on what was read. */
export function doubtsAbout({ block, verified, refusal, unread }: Followed): readonly string[] {
  const unchecked = `whether the last logs are all there was not checked: ${refusal ?? "not yet"}`;
  const left = `blocks ${block.number + 1} to ${block.number + unread} were left unread: L1's node is several that are apart`;
  return [...(verified ? [] : [unchecked]), ...(unread === 0 ? [] : [left])];
}

/** Follows a rollup on L1 and keeps its store up with it. */
export class Follower {
  readonly #l1: L1;
  readonly #store: Store;
  readonly #options: FollowOptions;
  readonly #pager: LogPager;
  /** Whether this look has not been refused an old state yet: a node that prunes keeps only the newest blocks'. */
  #servesPast = true;
  #refusal: string | undefined;

  constructor(l1: L1, store: Store, options: FollowOptions = {}) {
    this.#l1 = l1;
    this.#store = store;
    this.#options = options;
    this.#pager = new LogPager(l1, options);
  }

  /**
   * Reads L1 up to the block that is its newest one now; blocks that come while it reads are for the next look. A page is
   * written batch by batch, each with the block it goes up to; the rows of one that is refused are taken back. A
   * reorganisation is followed. On an error the store holds all that was right so far.
   *
   * A load balancer may have nodes behind it that are a few blocks apart, and ask another one each time. Where nothing else
   * helps, the last blocks are left for later, as not all of these nodes have them.
   *
   * @throws SheafError NETWORK_UNREACHABLE, RPC_RATE_LIMITED, RPC_REFUSED, RPC_MALFORMED: no usable answers;
   * RPC_LOGS_MISSING, RPC_INCONSISTENT, WORDS_MALFORMED, ROOT_MISMATCH: answers that are not true; RPC_BEHIND,
   * REORG_TOO_DEEP; CHAIN_WRONG; BLOB_UNAVAILABLE; STORE_BUSY, STORE_CORRUPT, FILE_UNWRITABLE
   */
  async sync(): Promise<Followed> {
    const { rereads = 3, pause = 500, clock = SYSTEM_CLOCK } = this.#options;
    await requireChain(this.#l1, this.#store.chainId);
    let [failures, reorganisations, verified] = [0, 0, false];
    // Pages before this block were read in vain already: to read them again is not progress.
    let [tried, failed] = [0, 0];
    let [newest, apart] = [0, 0];
    let goal: number | undefined;
    let start = this.#store.cursor.number;
    this.#servesPast = true;
    for (;;) {
      try {
        const latest = await this.#l1.requireBlock("latest");
        newest = Math.max(newest, latest.number);
        goal ??= latest.number;
        const head = apart === 0 ? latest : await this.#l1.requireBlock(Math.max(0, newest - apart));
        tried = head.number;
        const isAhead = apart > 0 && this.#store.cursor.number > head.number;
        if (!isAhead && (await leaveFork(this.#l1, this.#store, head, clock))) reorganisations++;
        if (isAhead || this.#store.cursor.number >= Math.min(goal, head.number)) {
          requireDeployment(this.#store);
          const block = this.#store.cursor;
          verified ||= this.#store.verified === block.number || (!isAhead && (await this.#verify()));
          await rememberFinal(this.#l1, this.#store, head);
          const unread = apart === 0 ? 0 : Math.max(0, newest - block.number);
          return { block, verified, ...(!verified && { refusal: this.#refusal }), unread, reorganisations };
        }
        start = Math.min(start, this.#store.cursor.number);
        const page = await this.#read(head);
        verified = await inSlices(this.#writeSteps(page), clock);
        if (page.end.number > failed) failures = 0;
        const done = (page.end.number - start) / (head.number - start);
        this.#options.onProgress?.(done, `batch ${this.#store.lastBatch?.number ?? 0}`);
      } catch (error) {
        await this.#stepBack(error);
        if (!(error instanceof SheafError) || !MAY_PASS.includes(error.code)) throw error;
        failed = tried;
        // It may have been of a node that is behind.
        goal = undefined;
        await clock.pause(pause * 2 ** Math.min(failures, rereads));
        if (failures++ < rereads) continue;
        // It is not this page that is false, but one before it, at which the contract was not asked.
        if (error instanceof ContractDisagrees) await this.#rollBack(this.#store.verified);
        const heads = await this.#heads();
        newest = Math.max(newest, ...heads);
        apart = Math.max(newest - Math.min(...heads), 2 * apart);
        if (apart === 0 || apart > MOST_APART) throw error;
      }
    }
  }

  /** The blocks that a node calls its newest, asked several times. */
  #heads(): Promise<readonly number[]> {
    const samples = Array.from({ length: SAMPLES });
    return allOf(samples, async () => (await this.#l1.requireBlock("latest")).number);
  }

  /** The next page with all that goes with it. Throws `RPC_INCONSISTENT` if L1 changed meanwhile. */
  async #read(head: BlockReference): Promise<Page> {
    const base = this.#store.cursor;
    const page = await this.#pager.read(base.number + 1, head.number);
    if (page === undefined) throw changing(head);
    const clock = this.#options.clock ?? SYSTEM_CLOCK;
    const first = firstBatches(await inSlices(eventSteps(page.logs), clock), page.end);
    const calls = await this.#calls(first.events);
    const { blobs: finder = new BlobFinder([]), snapshot } = this.#options;
    const search = await searchBlobs({ l1: this.#l1, store: this.#store, finder }, first.events, calls);
    const { events, end } = search.missing === undefined ? first : upTo(search.missing, first.events);
    const said = new Said(calls, new PageBlobs(search.found), snapshot);
    const values = await this.#values(end.number, end.number === head.number, events);
    const replays = await inSlices(replayAll(this.#store, events, said), clock);
    // The logs stand on the block before them, and end in the chain as it is now.
    const [before, after] = [await this.#l1.block(base.number), await this.#l1.block(end.number)];
    if (before?.hash !== base.hash || after?.hash !== end.hash) throw changing(head);
    return { base, events, end, said, values, replays };
  }

  async #calls(events: readonly LoggedEvent[]): Promise<ReadonlyMap<string, RollupCall>> {
    const batches = events.filter(({ event }) => event.name === "BatchSubmitted");
    // A transaction may submit several.
    const wanted = new Map(batches.map(({ log }) => [log.transaction, log]));
    return new Map(await allOf([...wanted.values()], async (log) => [log.transaction, await this.#l1.rollupCall(log)]));
  }

  /** Compares the store with the contract's values, where these are to be had. */
  async #verify(): Promise<boolean> {
    const store = this.#store;
    const { number, hash } = store.cursor;
    const values = await this.#values(number, true, []);
    if (values === undefined) return false;
    if ((await this.#l1.block(number))?.hash !== hash) throw changing(store.cursor);
    requireContractValues(store, values);
    store.verified = number;
    return true;
  }

  /** The contract's values at a block; `undefined` where the node does not serve them. */
  async #values(block: number, newest: boolean, events: readonly LoggedEvent[]): Promise<ContractValues | undefined> {
    if (!newest && !this.#servesPast) return undefined;
    const unseen = this.#store.waiting().filter((operation) => operation.block > this.#store.verified);
    const queued = [...unseen, ...events.map(({ event }) => event)].flatMap((one) =>
      "deadline" in one ? one.place : [],
    );
    try {
      const registered = events.filter(({ event }) => event.name === "TokenRegistered").length;
      return await contractValues(this.#l1, block, queued, this.#store.tokens().length + registered);
    } catch (error) {
      if (!(error instanceof SheafError) || error.code !== "RPC_REFUSED") throw error;
      // Of old blocks a node may say so when it has no state of them.
      if (newest && saysUnknownBlock(error)) throw new SheafError("RPC_BEHIND", error.message, { cause: error });
      this.#servesPast = false;
      this.#refusal = error.message;
      return undefined;
    }
  }

  /** Writes a page, part by part. Returns whether the contract's values agree at its end. */
  *#writeSteps({ base, events, end, said, values, replays }: Page): Steps<boolean> {
    const store = this.#store;
    let at = base;
    try {
      for (const part of partsOf(events, end)) {
        store.transaction(() => {
          if (store.cursor.hash !== at.hash) {
            throw new SheafError("STORE_BUSY", `${store.path} is moved on by another process`);
          }
          new EventApplier(store, said, replays).applyAll(part.events);
          if (values !== undefined && part.end === end) {
            requireContractValues(store, values);
            store.verified = end.number;
          }
          for (const { log } of part.events) store.advance(log.block);
          store.advance(part.end);
        });
        at = part.end;
        yield;
      }
    } catch (error) {
      // Unless it is another process that has moved on.
      if (at !== base && store.damage === undefined && store.cursor.hash === at.hash) {
        yield* store.rollBackSteps(base.number);
      }
      throw error;
    }
    return values !== undefined;
  }

  /**
   * A log that is missing may belong to an earlier page, where nothing betrayed it: goes back to before it, but not
   * before what the contract's own values have shown to be right.
   */
  async #stepBack(error: unknown): Promise<void> {
    if (!(error instanceof MissingLogs)) return;
    await this.#rollBack(Math.max(error.since, this.#store.verified));
    this.#pager.shrink();
  }

  #rollBack(block: number): Promise<void> {
    return inSlices(this.#store.rollBackSteps(block), this.#options.clock ?? SYSTEM_CLOCK);
  }
}

/** @throws SheafError CHAIN_WRONG */
export async function requireChain(l1: L1, expected: number): Promise<void> {
  const chainId = await l1.chainId();
  if (chainId === expected) return;
  throw new SheafError("CHAIN_WRONG", `the node is of chain ${chainId}, the store of chain ${expected}`);
}

/** A rollup registers its batch sizes when it is made. Throws `DEPLOYMENT_BLOCK_UNKNOWN`. */
function requireDeployment(store: Store): void {
  if (store.sizes().length > 0) return;
  const first = store.lastBlockOf("sizes") + 1;
  throw new SheafError("DEPLOYMENT_BLOCK_UNKNOWN", `no block from ${first} on deploys ${store.rollup}`);
}

/** A reorganisation is over when the page is read again; a node that is not of one mind is not. */
const changing = ({ number }: BlockReference): SheafError =>
  new SheafError("RPC_INCONSISTENT", `the node's blocks up to ${number} were others before and after they were read`);

/** The events of a page up to the block where it has batches enough. */
function firstBatches(
  events: readonly LoggedEvent[],
  end: BlockReference,
): { readonly events: readonly LoggedEvent[]; readonly end: BlockReference } {
  const batches = events.filter(({ event }) => event.name === "BatchSubmitted");
  const last = batches[MOST_BATCHES - 1]?.log.block;
  if (last === undefined) return { events, end };
  return { events: events.filter(({ log }) => log.block.number <= last.number), end: last };
}

/** The events of a page before a block whose blob is missing. Throws what says so if there are none. */
function upTo(
  { block, error }: { readonly block: number; readonly error: SheafError },
  events: readonly LoggedEvent[],
): { readonly events: readonly LoggedEvent[]; readonly end: BlockReference } {
  const there = events.filter(({ log }) => log.block.number < block);
  const end = there.at(-1)?.log.block;
  if (end === undefined) throw error;
  return { events: there, end };
}

/** A page in parts that take not long to write: each ends with a block, and has one with a batch at most. */
function partsOf(
  events: readonly LoggedEvent[],
  end: BlockReference,
): readonly { readonly events: readonly LoggedEvent[]; readonly end: BlockReference }[] {
  const parts: { events: LoggedEvent[]; end: BlockReference }[] = [];
  let part: LoggedEvent[] = [];
  events.forEach((event, i) => {
    part.push(event);
    const { block } = event.log;
    const isLast = events[i + 1]?.log.block.number !== block.number;
    if (!isLast || block.number === end.number) return;
    if (part.length < MANY_EVENTS && part.every((one) => one.event.name !== "BatchSubmitted")) return;
    parts.push({ events: part, end: block });
    part = [];
  });
  return [...parts, { events: part, end }];
}
