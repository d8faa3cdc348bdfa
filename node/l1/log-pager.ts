import { errorText } from "../../lib/error-text.ts";
import { SheafError } from "../../protocol/errors.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import type { BlockReference, L1, Log } from "./l1.ts";
import { isUnclearLimit, RpcError } from "./rpc.ts";

/** The rollup's logs of consecutive blocks. */
export interface LogPage {
  readonly logs: readonly Log[];
  /** The page's last block. */
  readonly end: BlockReference;
}

export interface PageOptions {
  /** Blocks that the first page has at most, and any page. */
  readonly blocks?: number;
  readonly mostBlocks?: number;
  readonly clock?: Clock;
}

/** Of a page. Above this the next ones are shorter, since a page is held in memory. */
const MANY_LOGS = 1000;
const GROWTH = 1.5;

/**
 * Reads logs in pages as long as the node allows. Nodes limit ranges, results or answering time, each in words of its
 * own: so a refused range is halved whatever the node says, down to one block.
 */
export class LogPager {
  readonly #l1: L1;
  readonly #mostBlocks: number;
  readonly #clock: Clock;
  #blocks: number;

  constructor(l1: L1, { blocks = 2000, mostBlocks = 50_000, clock = SYSTEM_CLOCK }: PageOptions = {}) {
    this.#l1 = l1;
    this.#clock = clock;
    this.#mostBlocks = mostBlocks;
    this.#blocks = Math.min(blocks, mostBlocks);
  }

  /**
   * The next page from a block on, up to `head` at most.
   *
   * @returns `undefined` if the chain changed meanwhile
   * @throws SheafError RPC_REFUSED if the node gives not even the logs of one block
   */
  async read(from: number, head: number): Promise<LogPage | undefined> {
    for (;;) {
      const to = Math.min(from + Math.floor(this.#blocks) - 1, head);
      const end = await this.#l1.block(to);
      if (end === undefined) return undefined;
      try {
        const logs = await this.#l1.logs(from, to, this.#clock);
        // Logs of a block and those of its successor on another chain could otherwise come in one page.
        if ((await this.#l1.block(to))?.hash !== end.hash) return undefined;
        const growth = Math.min(GROWTH, MANY_LOGS / Math.max(1, logs.length));
        this.#blocks = Math.min(Math.max(1, this.#blocks * growth), this.#mostBlocks);
        return { logs, end };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (from === to) throw refused(from, error);
        this.#blocks = Math.max(1, (to - from + 1) / 2);
      }
    }
  }

  /** Makes the next pages shorter, as when a node left out logs without a word. */
  shrink(): void {
    this.#blocks = Math.max(1, this.#blocks / 4);
  }
}

/** A node may also be too slow for a long range, or its answer be cut off on the way. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RpcError ||
  isUnclearLimit(error) ||
  (error instanceof SheafError && (error.code === "NETWORK_UNREACHABLE" || error.code === "RPC_MALFORMED"));

function refused(block: number, error: unknown): SheafError {
  if (error instanceof SheafError) return error;
  const reason = errorText(error);
  return new SheafError("RPC_REFUSED", `the node refuses the logs of block ${block}: ${reason}`, { cause: error });
}
