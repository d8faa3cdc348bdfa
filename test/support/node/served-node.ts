import type { ServedNode } from "../../../node/http/served-node.ts";
import type { OpenedAccount, OpeningWish, Quote } from "../../../node/node.ts";
import { Mempool } from "../../../node/pool/mempool.ts";
import { isSigned, type PooledOperation } from "../../../node/pool/operation.ts";
import { Pool } from "../../../node/pool/pool.ts";
import type { NodeEvent } from "../../../node/sequencer/events.ts";
import type { Vitals } from "../../../node/sequencer/vitals.ts";
import type { Store } from "../../../node/store/store.ts";
import type { Account, Owner } from "../../../protocol/account.ts";
import { buildBatch } from "../../../protocol/batch.ts";
import { SheafError } from "../../../protocol/errors.ts";
import type { SignedOperation } from "../../../protocol/operations.ts";
import { verifySignature } from "../../../protocol/signature.ts";
import { FOLLOWED_SIZES, placeOf, type FollowedRollup } from "./followed-rollup.ts";
import { follow } from "./stores.ts";

/** What a node serves, of a rollup on Hardhat's network: all real, but that nothing happens unless a test does it. */
export class TestNode implements ServedNode {
  readonly store: Store;
  readonly pool: Pool;
  readonly domain: bigint;
  readonly #mempool: Mempool;
  readonly #listeners = new Set<(event: NodeEvent) => void>();

  private constructor(world: FollowedRollup, store: Store) {
    this.store = store;
    this.domain = world.domain;
    this.pool = Pool.inMemory(store.chainId, store.rollup);
    const verify = async (...check: Parameters<typeof verifySignature>): Promise<boolean> => verifySignature(...check);
    const limits = {
      ...{ operations: 1000, perAccount: 100, validity: 60 },
      ...{
        early: { operations: 20, perAccount: 10, ahead: 2 ** 33, overdue: 7 * 86_400 },
        gifts: { perDay: 2, perClient: 2 },
      },
    };
    this.#mempool = new Mempool(this.pool, this.domain, store.stored(), verify, limits);
    this.pool.onChange = (id) => this.emit({ type: "transaction", id });
  }

  static async of(world: FollowedRollup, options?: Parameters<typeof follow>[1]): Promise<TestNode> {
    return new TestNode(world, await follow(world, options));
  }

  get pending() {
    return this.#mempool.pending;
  }

  get ready() {
    return this.#mempool.ready;
  }

  held({ id }: PooledOperation) {
    return this.#mempool.held.get(id)?.reason;
  }

  get early() {
    return this.#mempool.early;
  }

  reserved(index: number) {
    return this.#mempool.reserved(index);
  }

  underWay() {
    return this.pool.batches.from((this.store.lastBatch?.number ?? 0) + 1);
  }

  projected(index: number): Account | undefined {
    return this.#mempool.projection.account(index);
  }

  submit(operation: SignedOperation, replaces?: string): Promise<PooledOperation> {
    return this.#mempool.submit(operation, replaces);
  }

  async openAccount(owner: Owner, token: number, { payment, client }: OpeningWish): Promise<OpenedAccount> {
    if (this.store.tokens()[token] === undefined) throw new SheafError("TOKEN_UNKNOWN", `there is no token ${token}`);
    const means = payment === undefined ? { client } : { payment: { kind: "transfer", operation: payment } as const };
    const { index, opening } = await this.#mempool.openAccount(owner, token, means);
    const paid = opening?.accepted.payment;
    return { index, status: opening?.status ?? "verified", ...(paid !== undefined && { payment: paid }) };
  }

  async quote(token: number): Promise<Quote> {
    const price = (gas: number) => ({ gas, wei: BigInt(gas) * 7n, fee: BigInt(gas) * 8n, minimum: BigInt(gas) * 7n });
    return {
      ...{ token, gasPrice: 7n, gasPerTransfer: 900, weiPerTransfer: 6_300n, fee: 6_400n, minimum: 5n },
      ...{ opening: price(3_000), withdrawal: price(8_000), firstWithdrawal: price(25_000) },
      ...{ promptFee: 1_900_000n, promptWait: 10, longestWait: 3600 },
    };
  }

  batchBy({ submittedAt }: PooledOperation): number {
    return submittedAt + 3_600_000;
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What it says of itself. */
  readonly said: { what: string; why: string }[] = [];
  troubles() {
    return this.said;
  }

  proverLacks?: () => Promise<string | undefined>;

  /** How it says that its work gets on. */
  state: Vitals = { stalled: 0 };
  vitals() {
    return this.state;
  }

  emit(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Makes the next batch of the waiting transfers of ETH; nobody proves it. Returns its number. */
  makeBatch(): number {
    const pending = this.#mempool.pending.filter(isSigned);
    const transfers = pending.flatMap(({ accepted }) => (accepted.kind === "transfer" ? [accepted.operation] : []));
    const { number: last, timestamp } = this.store.lastBatch!;
    const request = {
      ...{ domain: this.domain, batchNumber: last + 1, timestamp, token: 0, feeAccount: placeOf("dave", 0) },
      ...{ beneficiary: 0xbe4en, l1Operations: [], withdrawals: [], transfers },
    };
    const state = this.store.state();
    const oldRoot = state.root;
    const { publicSignals, words } = buildBatch(state, FOLLOWED_SIZES[0], request);
    const operations = pending.map(({ id }) => id);
    this.pool.transaction(() => {
      this.pool.batches.add({
        ...{ number: last + 1, size: 0, request, oldRoot, root: state.root, words, c: publicSignals.c, operations },
        ...{ refundAddresses: [], queueEnd: this.store.queueBounds.head, madeAt: Date.now() },
      });
      this.pool.operations.batched(operations, last + 1);
    });
    this.emit({ type: "batch", number: last + 1 });
    return last + 1;
  }

  close(): void {
    this.pool.close();
    this.store.close();
  }
}
