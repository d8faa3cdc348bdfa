import { expect } from "chai";
import { BlobFinder } from "../../../node/blobs/finder.ts";
import type { BlobSource } from "../../../node/blobs/source.ts";
import { FINALITY_DEPTH } from "../../../node/follow/reorganisation.ts";
import { SheafNode, type NodeOptions, type OpenedAccount } from "../../../node/node.ts";
import type { PooledOperation } from "../../../node/pool/operation.ts";
import type { Owner } from "../../../protocol/account.ts";
import {
  signTransfer,
  signWithdrawal,
  type SignedOperation,
  type Transfer,
  type Withdrawal,
} from "../../../protocol/operations.ts";
import { newFolder } from "../folders.ts";
import { amended } from "../protocol/amended.ts";
import { keyOf } from "../protocol/world.ts";
import { until } from "../until.ts";
import { FollowedRollup, PEOPLE } from "./followed-rollup.ts";
import { nodeOptions } from "./node-options.ts";
import { contentOf, follow, newStorePath, rpcOf } from "./stores.ts";

const FOREVER = 2 ** 40 - 1;
/** A rollup on an in-process chain, with a node as its operator. */
export class NodeWorld {
  readonly rollup: FollowedRollup;
  readonly data = newFolder();
  readonly failures: unknown[] = [];
  #options: Partial<NodeOptions>;
  node!: SheafNode;
  /** Those that the node was opened with. */
  options!: NodeOptions;

  private constructor(rollup: FollowedRollup, options: Partial<NodeOptions>) {
    this.rollup = rollup;
    this.#options = options;
  }

  static async create(options: Partial<NodeOptions> = {}, rollup?: FollowedRollup): Promise<NodeWorld> {
    const world = new NodeWorld(rollup ?? (await FollowedRollup.create()), options);
    await world.open();
    return world;
  }

  /** What the node is opened with from now on. */
  configure(options: Partial<NodeOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Opens the node's files, again after `node.close()`. */
  async open(options: Partial<NodeOptions> = {}): Promise<void> {
    const { rollup, data } = this;
    const onFailure = (_: string, error: unknown): void => void this.failures.push(error);
    const usual = nodeOptions(rpcOf(rollup), rollup.address, rollup.takesBlobs);
    this.options = { ...usual, data, onFailure, ...this.#options, ...options };
    this.node = await SheafNode.open(this.options);
  }

  /** Closes the node and opens it again from its files. */
  async restart(options: Partial<NodeOptions> = {}): Promise<void> {
    await this.node.close();
    await this.open(options);
  }

  owner(name: string): Owner {
    return { pubKeyY: keyOf(name).publicKey.y, l1Address: BigInt(this.rollup.chain.signers[name]!.address) };
  }

  /** Index of a person's account, which must be there or on its way. */
  index(name: string, token = 0): number {
    const index = this.node.find(this.owner(name), token);
    if (index === undefined) throw new Error(`${name} has no account in token ${token}`);
    return index;
  }

  /** Pays in from the person's own L1 account. */
  async deposit(name: string, token: number, amount: bigint): Promise<void> {
    const { rollup, signers, tokenContract } = this.rollup.chain;
    const signer = signers[name]!;
    if (token === 1) {
      await tokenContract.connect(signer).mint(signer.address, amount);
      await tokenContract.connect(signer).approve(this.rollup.address, amount);
    }
    // The fee rises with the queue; what is too much comes back.
    const value = 10n ** 17n + (token === 0 ? amount : 0n);
    const { pubKeyY } = this.owner(name);
    await rollup.connect(signer).deposit(token, amount, pubKeyY, signer.address, signer.address, { value });
  }

  /** Deposits of everybody in both tokens, on L1 and in batches. */
  async fund(amount = 10n ** 9n): Promise<void> {
    for (const name of PEOPLE) for (const token of [0, 1]) await this.deposit(name, token, amount + BigInt(token));
    await this.settle();
  }

  /** A signed transfer, or a withdrawal if nobody is named to get it, with the next nonce unless another is given. */
  sign(
    from: string,
    to: string | undefined,
    amount: bigint,
    { token = 0, fee = 0n, ...changes }: Partial<Transfer> = {},
  ): SignedOperation {
    const index = changes.from ?? this.index(from, token);
    const nonce = changes.nonce ?? this.node.reserved(index)?.nonce ?? 0;
    const fields: Withdrawal = { from: index, token, amount, fee, nonce, validUntil: FOREVER };
    const { domain } = this.node;
    const key = keyOf(from);
    if (to === undefined)
      return { kind: "withdrawal", operation: signWithdrawal(key, domain, amended(fields, changes)) };
    const transfer = amended<Transfer>({ ...fields, to: changes.to ?? this.index(to, token) }, changes);
    return { kind: "transfer", operation: signTransfer(key, domain, transfer) };
  }

  /** Asks for an account, which a transfer of nothing within the payer's own account pays for. */
  openAccount(owner: Owner, token = 0, by = "alice", changes: Partial<Transfer> = {}): Promise<OpenedAccount> {
    const paid = this.sign(by, by, 0n, changes);
    if (paid.kind !== "transfer") throw new Error("a payment is a transfer");
    return this.node.openAccount(owner, token, { client: "test", payment: paid.operation });
  }

  /** Signs and submits. */
  send(...signed: Parameters<NodeWorld["sign"]>): Promise<PooledOperation> {
    return this.node.submit(this.sign(...signed));
  }

  /** The operation as it is now. */
  now({ id }: Pick<PooledOperation, "id">): PooledOperation {
    return this.node.pool.operations.find(id)!;
  }

  /** Lets the node work until nothing waits that can be done, and nothing is under way. */
  async settle(): Promise<void> {
    await until(async () => {
      await this.node.step();
      const { head, tail } = this.node.store.queueBounds;
      const done = head === tail && this.node.ready.length === 0 && this.node.underWay().length === 0;
      return done || undefined;
    }, "the node to be done");
  }

  /** As many looks at L1 as it takes to believe a time. */
  async looks(count = 4): Promise<void> {
    for (let i = 0; i < count; i++) await this.node.step();
  }

  /** Why a pending operation is held. */
  held(operation: Pick<PooledOperation, "id">): string | undefined {
    return this.node.held(operation)?.code;
  }

  /** Lets the node look at new blocks until an operation is rejected. Returns the reason's code. */
  rejection(operation: Pick<PooledOperation, "id">): Promise<string> {
    return until(async () => {
      await this.rollup.mine(1);
      await this.node.step();
      return this.now(operation).reason?.code;
    }, "the rejection");
  }

  /** Lets L1 go on until all that it has is final. */
  async finalise(): Promise<void> {
    await this.rollup.mine(FINALITY_DEPTH + 1);
    await this.node.step();
  }

  /**
   * Expects that L1 has every operation that the node calls verified, in its place and once, and no other one; that its
   * state is L1's, and what anybody restores from L1.
   */
  async expectTruth(): Promise<void> {
    const { store, pool } = this.node;
    for (const { id, accepted, status, batch } of pool.operations.list({ limit: 100_000 })) {
      if (accepted.kind === "creation") continue;
      const { from, nonce, amount } = accepted.operation;
      // Another one of its account may have come in its place.
      const others = pool.operations.signedWith(from, nonce).filter((other) => other.id !== id);
      if (status !== "verified" && others.some((other) => other.status === "verified")) continue;
      const row = store.history.signed(from, nonce);
      const isThere = row?.kind === accepted.kind && row.amount === amount;
      expect(isThere, `${id}, ${status}`).to.equal(status === "verified");
      if (status === "verified") expect(row!.batch).to.equal(batch);
    }
    expect(store.state().root).to.equal(await this.rollup.chain.rollup.stateRoot());
    const path = newStorePath();
    (await follow(this.rollup, { path, blobs: new BlobFinder([this.#blobs()]) })).close();
    // The node keeps blobs before they are on L1.
    const [restored, own] = [path, store.path].map((of) => ({ ...contentOf(of), blobs: undefined }));
    expect(restored).to.deep.equal(own);
  }

  /** The node's blobs, for whoever follows it. */
  #blobs(): BlobSource {
    const { blobs } = this.node.store;
    return {
      name: "the node",
      candidates: ({ versionedHash }) => {
        const coefficients = blobs.get(versionedHash);
        return Promise.resolve(coefficients === undefined ? [] : [coefficients]);
      },
    };
  }

  async close(): Promise<void> {
    await this.node.close();
    await this.rollup.close();
  }
}
