import { join } from "node:path";
import { domainOf } from "../../../protocol/challenge.ts";
import {
  signTransfer,
  transferMessage,
  type Signed,
  type SignedOperation,
  type Transfer,
} from "../../../protocol/operations.ts";
import { PrivateKey } from "../../../protocol/signature.ts";
import { RollupState } from "../../../protocol/state.ts";
import type { ServedNode } from "../../../node/http/served-node.ts";
import { LIMITS } from "../../../node/node.ts";
import { Mempool, type VerifySignature } from "../../../node/pool/mempool.ts";
import { Pool } from "../../../node/pool/pool.ts";
import { EMPTY_CHAIN, Store } from "../../../node/store/store.ts";
import type { NodeEvent } from "../../../node/sequencer/events.ts";

const CHAIN_ID = 31337;
const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const ZERO_HASH = `0x${"00".repeat(32)}`;

const keyOf = (sender: number): PrivateKey =>
  new PrivateKey(new Uint8Array(32).fill(sender % 251, 0, 16).fill(sender >> 8, 16));

/** A node that takes operations in, all checks and files real, and does nothing with them. */
export class IdleNode implements ServedNode {
  readonly store: Store;
  readonly pool: Pool;
  readonly domain = domainOf(BigInt(CHAIN_ID), BigInt(ROLLUP));
  readonly #mempool: Mempool;
  #tell: (event: NodeEvent) => void = () => undefined;

  private constructor(store: Store, pool: Pool, verify: VerifySignature) {
    this.store = store;
    this.pool = pool;
    const limits = { ...LIMITS, operations: 1e9, perAccount: 1e9 };
    this.#mempool = new Mempool(pool, this.domain, store.stored(), verify, limits);
    pool.onChange = (id) => this.#tell({ type: "transaction", id });
  }

  /** @param senders accounts with funds, at the indexes from 1 on */
  static async open(folder: string, senders: number, verify: VerifySignature): Promise<IdleNode> {
    const first = { number: 1, hash: ZERO_HASH };
    const store = await Store.open(join(folder, "rollup.db"), CHAIN_ID, ROLLUP, () => Promise.resolve(first));
    const state = new RollupState(store.stored());
    for (let index = 1; index <= senders; index++) {
      const owner = { pubKeyY: keyOf(index).publicKey.y, l1Address: BigInt(index) };
      state.update(index, { ...owner, token: 0, balance: 10n ** 18n, nonce: 0 });
    }
    const { root } = state;
    const batch = { number: 1, block: 1, transaction: ZERO_HASH, size: 0, timestamp: 0, root, queueEnd: 0 };
    store.transaction(() => store.addBatch({ ...batch, chain: EMPTY_CHAIN, words: new Uint8Array() }, state.changes));
    return new IdleNode(store, await Pool.open(join(folder, "node.db"), CHAIN_ID, ROLLUP), verify);
  }

  get pending() {
    return this.#mempool.pending;
  }

  get ready() {
    return this.#mempool.ready;
  }

  held(): undefined {
    return undefined;
  }

  underWay(): readonly never[] {
    return [];
  }

  get early() {
    return this.#mempool.early;
  }

  reserved(index: number) {
    return this.#mempool.reserved(index);
  }

  projected(index: number) {
    return this.#mempool.projection.account(index);
  }

  submit(operation: SignedOperation) {
    return this.#mempool.submit(operation);
  }

  openAccount(): never {
    throw new Error("this node opens no accounts");
  }

  batchBy(): undefined {
    return undefined;
  }

  quote(): never {
    throw new Error("this node asks for no fees");
  }

  troubles() {
    return [];
  }

  vitals() {
    return { stalled: 0 };
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    const before = this.#tell;
    this.#tell = (event) => (before(event), listener(event));
    return () => (this.#tell = before);
  }

  close(): void {
    this.pool.close();
    this.store.close();
  }
}

export interface SignedTransfer {
  readonly message: bigint;
  /** Of a request. */
  readonly body: { readonly kind: "transfer" } & Signed<Transfer>;
}

/** About `count` transfers: each sender's list in the order of nonces. */
export function signedTransfers(
  domain: bigint,
  senders: number,
  count: number,
): readonly (readonly SignedTransfer[])[] {
  return Array.from({ length: senders }, (_, i) => {
    const key = keyOf(i + 1);
    return Array.from({ length: Math.ceil(count / senders) }, (_, nonce) => {
      const ends = { from: i + 1, to: ((i + 1) % senders) + 1 };
      const transfer = { ...ends, token: 0, amount: 1000n + BigInt(i), fee: 20n, nonce, validUntil: 2 ** 40 - 1 };
      const body = { kind: "transfer" as const, ...signTransfer(key, domain, transfer) };
      return { message: transferMessage(domain, transfer), body };
    });
  });
}
