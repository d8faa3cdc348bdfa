import { createHash } from "node:crypto";
import type { Chance } from "./chance.ts";
import { Revert, type EmittedLog, type RollupModel, type RollupStorage } from "./rollup-model.ts";

export interface ChainTransaction {
  readonly hash: string;
  readonly from: string;
  /** `undefined` for those whose order does not matter. */
  readonly nonce: number | undefined;
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
  readonly maxFee: bigint;
  readonly tip: bigint;
  /** Signed, as it came. */
  readonly raw?: string;
}

export interface Mined {
  readonly transaction: ChainTransaction;
  readonly index: number;
  readonly succeeded: boolean;
  readonly gasUsed: number;
  readonly gasPrice: bigint;
  readonly logs: readonly EmittedLog[];
  /** Why it failed. */
  readonly reason?: string;
}

export interface ChainBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Unix time in seconds. */
  readonly timestamp: number;
  readonly baseFee: bigint;
  readonly mined: readonly Mined[];
  /** The contract after it. */
  readonly storage: RollupStorage;
  /** The next nonce of each account that has sent one, after it. */
  readonly nonces: ReadonlyMap<string, number>;
}

/** What is so for the blocks that come next. */
export interface ChainWeather {
  /** Wei a gas. */
  baseFee: bigint;
  /** How likely a transaction that could be mined is in the next block. */
  inclusion: number;
  /** Whether the submitting account has nothing to pay with. */
  isOperatorPoor: boolean;
}

/** Gas of a transaction to the rollup. */
const [GAS_USED, GAS_OF_FAILURE] = [310_000, 64_000];
/** Nodes ask for a tenth more of both fees before they let a transaction take another's place. */
const BUMP = 10n;

/** Why a node does not take a transaction, in Geth's words. */
export class NotTaken extends Error {}

/** L1: blocks, the transactions that wait, and reorganisations. Everything is decided when it happens. */
export class Chain {
  readonly model: RollupModel;
  readonly rollup: string;
  readonly operator: string;
  readonly weather: ChainWeather = { baseFee: 10n ** 9n, inclusion: 0.95, isOperatorPoor: false };
  readonly #chance: Chance;
  /** The canonical ones, by number. */
  readonly blocks: ChainBlock[] = [];
  /** Of the canonical chain: block and place of each mined transaction. */
  readonly #places = new Map<string, { readonly block: number; readonly index: number }>();
  /** In the order of arrival. */
  readonly mempool = new Map<string, ChainTransaction>();
  /** All transactions of the submitting account that failed on some branch. */
  failures = 0;
  reorganisations = 0;

  constructor(
    { model, rollup, operator }: { readonly model: RollupModel; readonly rollup: string; readonly operator: string },
    deployment: readonly EmittedLog[],
    start: number,
    chance: Chance,
  ) {
    this.model = model;
    this.rollup = rollup;
    this.operator = operator;
    this.#chance = chance;
    this.#append(start - 24, [], model.genesis, new Map());
    const from = `0x${"d".repeat(40)}`;
    const hash = hashOf("deployment");
    const transaction = { ...{ hash, from, to: rollup, nonce: undefined, data: "0x", value: 0n }, maxFee: 0n, tip: 0n };
    const mined = { transaction, index: 0, succeeded: true, gasUsed: 1, gasPrice: 0n, logs: deployment };
    this.#append(start - 12, [mined], model.genesis, new Map());
  }

  get head(): ChainBlock {
    return this.blocks.at(-1)!;
  }

  /** Whether a transaction waits that can be mined: one behind a missing nonce cannot. */
  get mayMine(): boolean {
    const { nonces } = this.head;
    return [...this.mempool.values()].some(
      ({ from, nonce }) => nonce === undefined || nonce === (nonces.get(from) ?? 0),
    );
  }

  find(hash: string): { readonly block: ChainBlock; readonly mined: Mined } | undefined {
    const place = this.#places.get(hash);
    const block = place && this.blocks[place.block];
    return block && { block, mined: block.mined[place.index]! };
  }

  /** The next nonce of an account, after the newest block or after all that waits. */
  nonceOf(account: string, which: "latest" | "pending"): number {
    let nonce = this.head.nonces.get(account) ?? 0;
    if (which === "latest") return nonce;
    const waiting = new Set(this.#waitingOf(account).map((transaction) => transaction.nonce));
    while (waiting.has(nonce)) nonce++;
    return nonce;
  }

  /** Takes a transaction in. Throws `NotTaken`. */
  submit(transaction: ChainTransaction, takesGaps: boolean): void {
    const { hash, from, nonce, maxFee, tip } = transaction;
    if (this.mempool.has(hash)) throw new NotTaken("already known");
    if (nonce !== undefined) {
      if (nonce < this.nonceOf(from, "latest")) throw new NotTaken("nonce too low");
      if (this.weather.isOperatorPoor) throw new NotTaken("insufficient funds for gas * price + value");
      const before = this.#waitingOf(from).find((other) => other.nonce === nonce);
      if (before !== undefined) {
        const isMore = (a: bigint, b: bigint): boolean => a * 100n >= b * (100n + BUMP);
        if (!isMore(maxFee, before.maxFee) || !isMore(tip, before.tip)) {
          throw new NotTaken("replacement transaction underpriced");
        }
        this.mempool.delete(before.hash);
      } else if (!takesGaps && nonce > this.nonceOf(from, "pending")) throw new NotTaken("nonce too high");
    }
    this.mempool.set(hash, transaction);
  }

  /** Makes the next block. */
  mine(timestamp: number, mayBeEmpty = true): ChainBlock {
    const { model, head } = this;
    const mined: Mined[] = [];
    let storage = head.storage;
    const nonces = new Map(head.nonces);
    const isIn = mayBeEmpty ? this.weather.inclusion : 1;
    // One after the other, as a nonce opens the way for the next one.
    for (let isMore = true; isMore;) {
      isMore = false;
      for (const transaction of this.mempool.values()) {
        const { hash, from, nonce, data, value, maxFee, tip } = transaction;
        if (nonce !== undefined) {
          if (nonce < (nonces.get(from) ?? 0)) this.mempool.delete(hash);
          if (nonce !== (nonces.get(from) ?? 0) || maxFee < this.weather.baseFee || this.weather.isOperatorPoor)
            continue;
        }
        if (!this.#chance.happens(isIn)) continue;
        this.mempool.delete(hash);
        if (nonce !== undefined) nonces.set(from, nonce + 1);
        const room = maxFee - this.weather.baseFee;
        const gasPrice = this.weather.baseFee + (tip < room ? tip : room);
        const common = { transaction, index: mined.length, gasPrice };
        try {
          const effect = model.execute(storage, { from, data, value }, timestamp);
          storage = effect.storage;
          mined.push({ ...common, succeeded: true, gasUsed: GAS_USED, logs: effect.logs });
        } catch (error) {
          if (!(error instanceof Revert)) throw error;
          if (from === this.operator) this.failures++;
          mined.push({ ...common, succeeded: false, gasUsed: GAS_OF_FAILURE, logs: [], reason: error.reason });
        }
        isMore = nonce !== undefined;
        if (isMore) break;
      }
    }
    return this.#append(timestamp, mined, storage, nonces);
  }

  /**
   * Leaves the newest blocks for another branch, which is a block longer. Its transactions wait again, and come in as they
   * come: some earlier, some later, some not at all.
   *
   * @param timestamps of the new branch's blocks
   * @returns transactions that nobody remembers for now
   */
  reorganise(depth: number, timestamps: readonly number[], keeps: number): readonly ChainTransaction[] {
    this.reorganisations++;
    const removed = this.blocks.splice(this.blocks.length - depth);
    const waiting = [...this.mempool.values()];
    this.mempool.clear();
    const forgotten: ChainTransaction[] = [];
    for (const { transaction } of removed.flatMap((block) => block.mined)) {
      this.#places.delete(transaction.hash);
      if (this.#chance.happens(keeps)) this.mempool.set(transaction.hash, transaction);
      else forgotten.push(transaction);
    }
    for (const transaction of waiting) this.mempool.set(transaction.hash, transaction);
    for (const timestamp of timestamps) this.mine(timestamp);
    return forgotten;
  }

  /** A transaction comes again, if it still can. */
  remember(transaction: ChainTransaction): void {
    if (this.#places.has(transaction.hash)) return;
    try {
      this.submit(transaction, true);
    } catch (error) {
      if (!(error instanceof NotTaken)) throw error;
    }
  }

  #waitingOf(account: string): readonly ChainTransaction[] {
    return [...this.mempool.values()].filter(({ from, nonce }) => from === account && nonce !== undefined);
  }

  #append(
    timestamp: number,
    mined: readonly Mined[],
    storage: RollupStorage,
    nonces: ReadonlyMap<string, number>,
  ): ChainBlock {
    const number = this.blocks.length;
    const parentHash = this.blocks.at(-1)?.hash ?? `0x${"00".repeat(32)}`;
    const content = mined.map(({ transaction }) => transaction.hash).join();
    const hash = hashOf(`${parentHash}/${timestamp}/${content}/${this.reorganisations}`);
    const { baseFee } = this.weather;
    const block = { ...{ number, hash, parentHash, timestamp, baseFee, mined, storage }, nonces };
    this.blocks.push(block);
    for (const { transaction, index } of mined) this.#places.set(transaction.hash, { block: number, index });
    return block;
  }
}

export const hashOf = (text: string): string => `0x${createHash("sha256").update(text).digest("hex")}`;
