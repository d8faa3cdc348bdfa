import { join } from "node:path";
import type { Priced } from "../l1/batch-gas.ts";
import type { Account, Owner } from "../protocol/account.ts";
import { domainOf } from "../protocol/challenge.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import type { Signed, SignedOperation, Transfer } from "../protocol/operations.ts";
import { verifySignature } from "../protocol/signature.ts";
import { inSlices } from "../protocol/slices.ts";
import { RollupState } from "../protocol/state.ts";
import type { Steps } from "../protocol/steps.ts";
import { BlobFinder } from "./blobs/finder.ts";
import { SYSTEM_CLOCK, type Clock } from "./clock.ts";
import { Follower, type FollowOptions } from "./follow/follower.ts";
import { openStore, restoreAgain } from "./follow/restore.ts";
import type { L1 } from "./l1/l1.ts";
import type { OwnBatch } from "./pool/batches.ts";
import type { Early } from "./pool/line.ts";
import { Mempool, type MempoolLimits, type VerifySignature } from "./pool/mempool.ts";
import {
  isCreation,
  isGift,
  isSigned,
  waitingSince,
  type PooledOperation,
  type Reason,
  type Status,
  type Submitted,
} from "./pool/operation.ts";
import { Pool } from "./pool/pool.ts";
import type { BatchProver } from "./proving.ts";
import type { Trouble } from "./sequencer/deliveries.ts";
import { ownBlobs, Parcelling, type BlobKzg } from "./sequencer/parcelling.ts";
import type { DeparturePolicy } from "./sequencer/departure.ts";
import type { NodeEvent } from "./sequencer/events.ts";
import type { BatchPolicy } from "./sequencer/policy.ts";
import { Pricing, type BatchBill, type PricingOptions } from "./sequencer/pricing.ts";
import { lastCommon } from "./sequencer/reconciliation.ts";
import { Sequencer } from "./sequencer/sequencer.ts";
import { Ahead } from "./sequencer/unconfirmed-state.ts";
import { minedUntil } from "./sequencer/verdicts.ts";
import type { Vitals } from "./sequencer/vitals.ts";
import type { Store } from "./store/store.ts";
import type { Journal } from "./submitter/journal.ts";
import type { Prices } from "./submitter/quote.ts";
import type { BatchSubmitter } from "./submitter/submission.ts";

export type { NodeEvent } from "./sequencer/events.ts";

/** What a node works with, which depends on what its rollup has registered. */
export interface Equipment {
  /** By id on L1, the cheapest to prove first. */
  readonly sizes: readonly BatchSize[];
  readonly prover: BatchProver;
  readonly submitter: BatchSubmitter;
  readonly pricing: PricingOptions;
  /** Makes commitments to blobs, in a rollup whose transfers are in blobs; none is made in another. */
  readonly blobs?: BlobKzg | undefined;
}

export interface NodeOptions {
  readonly l1: L1;
  /** Folder of the node's files, or ":memory:". */
  readonly data: string;
  /** Block of the rollup's deployment, or an earlier one; searched for by default. */
  readonly fromBlock?: number | undefined;
  /** Who is credited with all fees: accounts are opened for him as they are needed. */
  readonly feeOwner: Owner;
  /** L1 address that proofs are made for, from now on: batches under way keep their own. */
  readonly beneficiary: bigint;
  readonly equip: (rollup: { readonly store: Store; readonly journal: Journal }) => Equipment | Promise<Equipment>;
  /** By default in this process. */
  readonly verify?: VerifySignature;
  readonly limits?: Partial<MempoolLimits>;
  /** Where nobody is charged, nothing waits for a batch that pays: `longestWait` is `maxAge`. */
  readonly policy?: Partial<BatchPolicy>;
  readonly departure?: Partial<DeparturePolicy>;
  /** Milliseconds between looks at L1. */
  readonly pollInterval?: number;
  /** Milliseconds before a proof or a submission that failed is tried again. */
  readonly retryPause?: number;
  readonly follow?: FollowOptions;
  /**
   * Whether what waits in L1's queue can be spent before a batch has it, and in the batch that has it first. For chains
   * without reorganisations, as tests have them: one can take a deposit back that was spent.
   */
  readonly spendsQueue?: boolean;
  readonly clock?: Clock;
  /** Told of every failure that the node goes on after. */
  readonly onFailure?: (what: string, error: unknown) => void;
}

export const LIMITS: MempoolLimits = {
  ...{ operations: 20_000, perAccount: 256, validity: 60 },
  early: { operations: 5_000, perAccount: 64, ahead: 366 * 86_400, overdue: 7 * 86_400 },
  gifts: { perDay: 0, perClient: 0 },
};
export const POLICY: BatchPolicy = {
  ...{ maxAge: 10_000, longestWait: 3_600_000, maxQueueAge: 10_000, queueDepth: 0, maxUnderWay: 4 },
};

/** With a gas at 1 gwei a batch that another one joins saves about 0.0002 ether. */
export const DEPARTURE: DeparturePolicy = { most: 8, longestWait: 60_000, hourPrice: 10n ** 15n };

/** Who wishes that an account be opened, and the transfer that pays for it, if one does. */
export interface OpeningWish {
  readonly client: string;
  readonly payment?: Signed<Transfer> | undefined;
}

/** `Prices`, with those of a transfer on top. */
export interface Quote extends Omit<Prices, "transfer"> {
  readonly gasPerTransfer: number;
  readonly weiPerTransfer: bigint;
  readonly fee: bigint;
  readonly minimum: bigint;
  /** With which a transfer is in a batch within so many seconds, and the longest that anything waits. */
  readonly promptFee: bigint;
  readonly promptWait: number;
  readonly longestWait: number | null;
}

/** What keeps an operation from being in a batch. */
export interface Hindrance extends Reason {
  /** Hash of a transaction that holds the operation, if one may still be mined: until a time, in seconds. */
  readonly transaction?: string;
  readonly until?: number;
}

export interface OpenedAccount {
  readonly index: number;
  readonly status: Status;
  /** Id of the transfer that pays for it, if it is not in the state yet. */
  readonly payment?: string;
}

/** Runs a rollup: takes operations in, and brings them to L1 in proven batches. */
export class SheafNode {
  /** The rollup as L1 has it. */
  readonly store: Store;
  /** What L1 does not have yet: operations, and batches under way. */
  readonly pool: Pool;
  /** Of this rollup on this chain: part of every signature. */
  readonly domain: bigint;
  /** By id on L1. */
  readonly sizes: readonly BatchSize[];
  /** When batches are made. */
  readonly policy: BatchPolicy;
  readonly #mempool: Mempool;
  readonly #ahead: Ahead;
  readonly #sequencer: Sequencer;
  readonly #prover: BatchProver;
  readonly #pricing: Pricing;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  #running: Promise<void> = Promise.resolve();

  /**
   * Opens the node's files, and reads the rollup from L1 as far as that must have been done before.
   *
   * @throws SheafError the codes of `openStore`, `Follower.sync` and `Pool.open`, and those of `equip`
   */
  static async open(options: NodeOptions): Promise<SheafNode> {
    const { l1, data, fromBlock, equip, clock = SYSTEM_CLOCK } = options;
    const file = (name: string): string => (data === ":memory:" ? data : join(data, name));
    const onDamage = (damage: SheafError): void => options.onFailure?.("store", damage);
    const store = await openStore(l1, file("rollup.db"), fromBlock, onDamage);
    let pool: Pool | undefined;
    try {
      const { chainId, rollup } = store;
      pool =
        data === ":memory:"
          ? Pool.inMemory(chainId, rollup)
          : await Pool.open(join(data, "node.db"), chainId, rollup, onDamage);
      const blobs = (options.follow?.blobs ?? new BlobFinder([])).after(ownBlobs(pool));
      const follow = { clock, ...options.follow, blobs };
      const follower = new Follower(l1, store, follow);
      // Such as where the store is new, or an older copy than the pool, perhaps from before a reorganisation.
      const isBehind = lastCommon(store, pool) === undefined;
      if (store.sizes().length === 0 || isBehind) await follower.sync();
      const equipment = await equip({ store, journal: pool.journal });
      const node = new SheafNode({ ...options, follow }, store, pool, follower, equipment);
      await inSlices(node.#start(), clock);
      return node;
    } catch (error) {
      pool?.close();
      store.close();
      throw error;
    }
  }

  private constructor(options: NodeOptions, store: Store, pool: Pool, follower: Follower, equipment: Equipment) {
    const { l1, feeOwner, beneficiary, pollInterval = 1000, retryPause = 5000, clock = SYSTEM_CLOCK } = options;
    this.store = store;
    this.pool = pool;
    this.domain = domainOf(BigInt(store.chainId), BigInt(store.rollup));
    this.sizes = equipment.sizes;
    this.#prover = equipment.prover;
    const largest = Math.max(...equipment.sizes.map(({ transfers }) => transfers));
    this.#pricing = new Pricing({ clock, ...equipment.pricing }, largest, equipment.blobs !== undefined);
    this.#ahead = new Ahead(store, pool, options.spendsQueue);
    const verify: VerifySignature = options.verify ?? ((...signed) => Promise.resolve(verifySignature(...signed)));
    const limits = { ...LIMITS, ...options.limits };
    this.#mempool = new Mempool(pool, this.domain, this.#ahead.prospect(), verify, limits, clock);
    const departure = { ...DEPARTURE, ...options.departure };
    const { blobs, sizes } = equipment;
    // Those that share a blob come to L1 together: the next ones are made meanwhile.
    const maxUnderWay = Math.max(POLICY.maxUnderWay, blobs === undefined ? departure.most : 2 * departure.most);
    const policy = { ...POLICY, maxUnderWay, ...options.policy };
    this.policy = this.#pricing.charges ? policy : { ...policy, longestWait: policy.maxAge };
    const emit = (event: NodeEvent): void => this.#listeners.forEach((listener) => listener(event));
    const onFailure = (what: string, error: unknown): void => {
      options.onFailure?.(what, error);
      emit({ type: "failure", what, error });
    };
    pool.onChange = (id) => emit({ type: "transaction", id });
    this.#sequencer = new Sequencer({
      ...{ l1, store, pool, follower, feeOwner, beneficiary, emit, onFailure, pollInterval, retryPause, ...equipment },
      ...{ pricing: this.#pricing, mempool: this.#mempool, ahead: this.#ahead, domain: this.domain },
      policy: this.policy,
      inBlob: blobs !== undefined,
      parcelling: blobs && new Parcelling({ store, pool, sizes }, blobs),
      departure,
      clock,
      restore: () => {
        const onDamage = (damage: SheafError): void => onFailure("store", damage);
        return restoreAgain(l1, store, { ...options.follow, fromBlock: options.fromBlock, onDamage });
      },
    });
  }

  /** Takes up what the files say. */
  *#start(): Steps<void> {
    // Until L1's newest block is known: no batch can be of an earlier time.
    yield* this.#mempool.timeSteps(this.store.lastBatch?.timestamp ?? 0);
    yield* this.#sequencer.reconciliation();
    yield* this.#mempool.resetSteps(this.#ahead.prospect());
  }

  /** The state after all batches under way. */
  state(): RollupState {
    return new RollupState(this.#ahead.state());
  }

  /** What waits for a batch, in the order of arrival. */
  get pending(): readonly PooledOperation[] {
    return this.#mempool.pending;
  }

  /** What of it can be done now, one after the other; the rest is held. */
  get ready(): readonly PooledOperation[] {
    return this.#mempool.ready;
  }

  /** Why no batch takes something pending now, and which transaction may bring it about all the same. */
  held({ id }: Pick<PooledOperation, "id">): Hindrance | undefined {
    const held = this.#mempool.held.get(id);
    if (held === undefined) return undefined;
    const last = this.pool.carriers.of(id).toSorted((a, b) => b.timestamp - a.timestamp)[0];
    const end = this.#mempool.heldUntil(held.pooled);
    const { code, message } = held.reason;
    return {
      ...{ code, message: end === undefined ? message : `${message}; it is rejected if that is still so after ${end}` },
      ...(last && { transaction: last.transaction, until: minedUntil(last) }),
    };
  }

  /** What is pending and waits for its time, by id. */
  get early(): ReadonlyMap<string, Early> {
    return this.#mempool.early;
  }

  /** As `Mempool.reserved`. */
  reserved(index: number): (Account & { readonly due?: number }) | undefined {
    return this.#mempool.reserved(index);
  }

  /** An account as it is after everything that can be done of what waits, in order. */
  projected(index: number): Account | undefined {
    return this.#mempool.projection.account(index);
  }

  /** Batches that were made here and are not on L1, in order. */
  underWay(): readonly OwnBatch[] {
    return this.#ahead.batches;
  }

  /** Index of an owner's account in a token, if it is there, under way or asked for. */
  find(owner: Owner, token: number): number | undefined {
    return this.#mempool.directory().find(owner, token);
  }

  /** As `Mempool.submit`. Also throws FEE_TOO_LOW, TOKEN_UNPRICED, ROLLUP_FROZEN. */
  async submit(signed: SignedOperation, replaces?: string): Promise<Submitted> {
    this.#requireAlive();
    const { token, fee } = signed.operation;
    await this.#pricing.require(this.#priced(signed), token, fee);
    return this.#mempool.submit(signed, replaces);
  }

  /**
   * As `Mempool.openAccount`, at a client's wish; `status` is the account's. Also throws TOKEN_UNKNOWN, ROLLUP_FROZEN,
   * FEE_TOO_LOW, TOKEN_UNPRICED.
   */
  async openAccount(owner: Owner, token: number, { payment, client }: OpeningWish): Promise<OpenedAccount> {
    this.#requireAlive();
    if (this.store.tokens()[token] === undefined) {
      throw new SheafError("TOKEN_UNKNOWN", `the rollup has no token ${token}`);
    }
    if (payment !== undefined && this.find(owner, token) === undefined) {
      await this.#pricing.require("opening", payment.token, payment.fee);
    }
    const means = payment === undefined ? { client } : { payment: { kind: "transfer", operation: payment } as const };
    const { index, opening } = await this.#mempool.openAccount(owner, token, means);
    const isOnL1 = this.store.stored().account(index) !== undefined;
    const paid = opening?.accepted.payment;
    const status = opening?.status ?? (isOnL1 ? "verified" : "batched");
    return { index, status, ...(paid !== undefined && { payment: paid }) };
  }

  /** What operations with a token cost now, the fees to offer for them, and how long they wait. */
  async quote(token: number): Promise<Quote> {
    const { transfer, ...prices } = await this.#pricing.quote(token);
    const { maxAge, longestWait } = this.policy;
    return {
      ...prices,
      gasPerTransfer: transfer.gas,
      weiPerTransfer: transfer.wei,
      ...{ fee: transfer.fee, minimum: transfer.minimum },
      promptFee: this.#pricing.promptFee(this.#bill(token), transfer.fee),
      promptWait: Math.ceil(maxAge / 1000),
      longestWait: longestWait === Infinity ? null : Math.ceil(longestWait / 1000),
    };
  }

  /** When something pending is in a batch at the latest, in milliseconds of Unix time; `undefined` if nothing is promised. */
  batchBy(pooled: PooledOperation): number | undefined {
    const { longestWait } = this.policy;
    return isGift(pooled) || longestWait === Infinity ? undefined : waitingSince(pooled) + longestWait;
  }

  /** What waits with a token, as if it were in one batch. */
  #bill(token: number): BatchBill {
    const waiting = this.#mempool.ready.filter(isSigned).filter(({ accepted }) => accepted.operation.token === token);
    const withdrawals = waiting.filter(({ accepted }) => accepted.kind === "withdrawal");
    return {
      token,
      fees: waiting.reduce((sum, { accepted }) => sum + accepted.operation.fee, 0n),
      newCredits: withdrawals.filter(({ accepted }) => this.#priced(accepted) === "firstWithdrawal").length,
      l1Operations: this.#mempool.ready.filter((pooled) => isCreation(pooled) && pooled.accepted.payment !== undefined)
        .length,
      withdrawals: withdrawals.length,
      transfers: waiting.length - withdrawals.length,
    };
  }

  /** What a signed operation is priced as. L1 stores a new credit for an address that has nothing to pull. */
  #priced({ kind, operation: { from, token } }: SignedOperation): Priced {
    if (kind === "transfer") return kind;
    const sender = this.projected(from);
    return sender !== undefined && this.store.books.withdrawable(token, sender.l1Address) > 0n
      ? "withdrawal"
      : "firstWithdrawal";
  }

  /** What keeps batches under way from going on. */
  troubles(): readonly Trouble[] {
    return this.#sequencer.troubles();
  }

  /** How its work gets on. */
  vitals(): Vitals {
    return this.#sequencer.vitals();
  }

  /** What the prover lacks, if anything. */
  async proverLacks(): Promise<string | undefined> {
    return this.#prover.lacks?.();
  }

  /** Returns what ends it. */
  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at L1 once, and makes nothing of it: for whoever says himself when the next step is. */
  async look(): Promise<void> {
    await this.#sequencer.look();
  }

  /** After a step: resolves when a proof or a submission has ended, and another step has something to go on with. */
  workEnded(): Promise<void> {
    return this.#sequencer.workEnded();
  }

  /** Looks at L1 once and does what follows, as `run` does again and again. */
  step(): Promise<void> {
    return this.#sequencer.step();
  }

  /** Runs the rollup until the signal, whatever fails; ends after the step under way. */
  run(signal: AbortSignal): Promise<void> {
    this.#running = this.#sequencer.run(signal);
    return this.#running;
  }

  /** Closes the files. `run` must be told to end before. */
  async close(): Promise<void> {
    await this.#running;
    await this.#sequencer.stop();
    await this.#prover.close();
    this.pool.close();
    this.store.close();
  }

  #requireAlive(): void {
    if (this.store.isFrozen) throw new SheafError("ROLLUP_FROZEN", `${this.store.rollup} is frozen`);
  }
}
