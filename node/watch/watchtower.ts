import { LOCAL_CHAIN_IDS } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { BlobFinder } from "../blobs/finder.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import { Follower, type FollowOptions } from "../follow/follower.ts";
import type { L1 } from "../l1/l1.ts";
import type { Store } from "../store/store.ts";
import type { Alarm } from "./alarms.ts";
import { BlobWatch } from "./blobs.ts";
import { governanceAlarms, governanceAt, type ExpectedGovernance, type Governance } from "./governance.ts";
import { deadlineAlarms, freezeAlarms, stallAlarms } from "./queue.ts";
import { disagreements } from "./second-node.ts";
import { TimelockWatch, type SeenInTimelock } from "./timelock.ts";
import { alarmOf } from "./trouble.ts";

export interface WatchOptions {
  readonly l1: L1;
  /** Another node, to compare the first with. */
  readonly second?: L1 | undefined;
  /** Opens the store at the first look at which L1 answers. */
  readonly openStore: () => Promise<Store>;
  readonly expected: ExpectedGovernance;
  /**
   * What an earlier watch has seen in the timelock that owns the rollup, so that its logs are read once, and how to keep
   * it.
   */
  readonly scheduled?: () => Promise<SeenInTimelock | undefined>;
  readonly keepScheduled?: (seen: SeenInTimelock) => Promise<void>;
  /** Seconds before the oldest deadline at which it counts as near. */
  readonly deadlineMargin: number;
  /** Seconds after which a queue with a waiting operation counts as stalled. */
  readonly stallTime: number;
  readonly clock?: Clock;
  /** With the sources of blobs, which are also asked whether they still have old ones. */
  readonly follow?: FollowOptions;
}

/** What a look has shown. */
export interface Look {
  /** The block up to which L1 was read, if it could be. */
  readonly block?: number;
  /** Batches up to there, each root checked. */
  readonly batches?: number;
  readonly alarms: readonly Alarm[];
}

/** Seconds without a new block after which a node counts as cut off. */
const LONGEST_SILENCE = 15 * 60;

/** Looks after a rollup from L1 alone: replays every batch, and sees what is about to go wrong. */
export class Watchtower {
  readonly #options: WatchOptions;
  #store: Store | undefined;
  #timelock: TimelockWatch | undefined;
  readonly #blobs: BlobWatch;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#blobs = new BlobWatch(options.follow?.blobs ?? new BlobFinder([]));
  }

  /** @throws SheafError what is not L1's fault: STORE_*, CHAIN_WRONG, ROLLUP_NOT_FOUND, DEPLOYMENT_BLOCK_UNKNOWN */
  async look(): Promise<Look> {
    const alarms: Alarm[] = [];
    const attempt = async (work: () => Promise<readonly Alarm[]>): Promise<void> => {
      for (const alarm of await work().catch((error: unknown) => [alarmOf(error)])) {
        // A node that is away is away for every question.
        if (!alarms.some(({ message }) => message === alarm.message)) alarms.push(alarm);
      }
    };
    const { l1, second, openStore, follow, clock = SYSTEM_CLOCK } = this.#options;
    await attempt(async () => {
      this.#store ??= await openStore();
      const { verified, refusal } = await new Follower(l1, this.#store, { clock, ...follow }).sync();
      return verified ? [] : [alarmOf(new SheafError("RPC_REFUSED", refusal ?? "the contract's values were not read"))];
    });
    const store = this.#store;
    // The store's content is right, whatever went wrong after it; it may have none yet.
    if (store === undefined || store.sizes().length === 0) return { alarms };

    // Each by itself: a question that a node refuses must not hide findings that need no answer to it.
    const { deadlineMargin, stallTime, expected } = this.#options;
    const { scheduled, keepScheduled } = this.#options;
    const now = clock.now() / 1000;
    const { number } = store.cursor;
    let newest = 0;
    await attempt(async () => {
      newest = (await l1.requireBlock(number)).timestamp;
      return silence(store.chainId, now - newest);
    });
    // The clock, for a node that stands still would hide a deadline; the block, for a clock may be slow.
    const time = Math.max(now, newest);
    await attempt(() => freezeAlarms(l1, store, time));
    alarms.push(...deadlineAlarms(store, time, deadlineMargin));
    await attempt(() => stallAlarms(l1, store, time, stallTime));
    await attempt(() => this.#blobs.look(l1, store, time));
    let governance: Governance | undefined;
    await attempt(async () => {
      governance = await governanceAt(l1, number);
      return governanceAlarms(governance, await expected(governance));
    });
    await attempt(async () => {
      if (governance === undefined) return [];
      this.#timelock ??= new TimelockWatch(await scheduled?.());
      return this.#timelock.look(l1, store, governance.owner, time);
    });
    if (this.#timelock !== undefined) await keepScheduled?.(this.#timelock.seen);
    if (second !== undefined) await attempt(() => disagreements(l1, second, store));
    return { block: number, batches: store.lastBatch?.number ?? 0, alarms };
  }

  close(): void {
    this.#store?.close();
  }
}

/** Local chains have blocks when somebody wants one. */
function silence(chainId: number, seconds: number): readonly Alarm[] {
  if (seconds <= LONGEST_SILENCE || LOCAL_CHAIN_IDS.includes(chainId)) return [];
  return [{ kind: "blind", message: `the node's newest block is ${Math.floor(seconds / 60)} minutes old` }];
}
