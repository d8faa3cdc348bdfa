import { LOCAL_CHAIN_IDS } from "../../protocol/constants.ts";
import { Follower, type FollowOptions } from "../follower.ts";
import type { L1 } from "../l1.ts";
import type { Store } from "../store/store.ts";
import type { Alarm } from "./alarms.ts";
import { governanceAlarms, governanceAt, type ExpectedGovernance } from "./governance.ts";
import { queueAlarms, type QueueLimits } from "./queue.ts";
import { disagreements } from "./second-node.ts";
import { alarmOf } from "./trouble.ts";

export interface WatchOptions extends QueueLimits {
  readonly l1: L1;
  /** Another node, to compare the first with. */
  readonly second?: L1 | undefined;
  /** Opens the store at the first look at which L1 answers. */
  readonly openStore: () => Promise<Store>;
  readonly expected: ExpectedGovernance;
  /** The time in Unix seconds. */
  readonly clock?: () => number;
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

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** @throws SheafError what is not L1's fault: STORE_*, CHAIN_WRONG, ROLLUP_NOT_FOUND, DEPLOYMENT_BLOCK_UNKNOWN */
  async look(): Promise<Look> {
    const alarms: Alarm[] = [];
    const attempt = async (work: () => Promise<readonly Alarm[]>): Promise<void> => {
      alarms.push(...(await work().catch((error: unknown) => [alarmOf(error)])));
    };
    const { l1, second, openStore, follow } = this.#options;
    await attempt(async () => {
      this.#store ??= await openStore();
      await new Follower(l1, this.#store, follow).sync();
      return [];
    });
    const store = this.#store;
    // What a store has is right, whatever went wrong after it; it may have nothing yet.
    if (store === undefined || store.sizes().length === 0) return { alarms };
    await attempt(() => this.#lookAt(store));
    if (second !== undefined) await attempt(() => disagreements(l1, second, store));
    return { block: store.cursor.number, batches: store.lastBatch?.number ?? 0, alarms };
  }

  async #lookAt(store: Store): Promise<readonly Alarm[]> {
    const { l1, expected, clock = () => Date.now() / 1000 } = this.#options;
    const { number } = store.cursor;
    const newest = (await l1.block(number))?.timestamp ?? 0;
    // The clock, for a node that stands still would hide a deadline; the block, for a clock may be slow.
    const time = Math.max(clock(), newest);
    const governance = await governanceAt(l1, number);
    return [
      ...(await queueAlarms(l1, store, time, this.#options)),
      ...governanceAlarms(governance, await expected(governance)),
      ...silence(store.chainId, time - newest),
    ];
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
