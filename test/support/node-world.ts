import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { L1 } from "../../node/l1.ts";
import { SheafNode, type NodeOptions } from "../../node/node.ts";
import type { PooledOperation } from "../../node/pool/operation.ts";
import type { BatchProver } from "../../node/proving.ts";
import { Submitter } from "../../node/submitter/submitter.ts";
import type { Owner } from "../../protocol/account.ts";
import { signTransfer, signWithdrawal, type SignedOperation, type Transfer } from "../../protocol/operations.ts";
import type { TimedProof } from "../../prover/prover.ts";
import { FOLLOWED_SIZES, FollowedRollup, PEOPLE } from "./followed-rollup.ts";
import { PROOF } from "./rollup.ts";
import { rpcOf, SWIFT } from "./stores.ts";
import { until } from "./until.ts";
import { keyOf } from "./world.ts";

const FOREVER = 2 ** 40 - 1;
/** Hardhat's first account: the rollup's operator. */
export const OPERATOR_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

const [a0, a1, b01, b00, b11, b10, c0, c1] = PROOF.map(String) as [string, ...string[]];
/** What `AcceptAllVerifier` takes for a proof. */
const ANY_PROOF = {
  pi_a: [a0, a1, "1"],
  pi_b: [
    [b00, b01],
    [b10, b11],
    ["1", "0"],
  ],
  pi_c: [c0, c1, "1"],
  protocol: "groth16",
  curve: "bn128",
} as TimedProof["proof"];

/** Proves nothing, at once: the rollup's verifiers accept everything. */
export const sham: BatchProver = {
  prove: ({ publicSignals: { c, y, alpha } }) =>
    Promise.resolve({
      proof: ANY_PROOF,
      publicSignals: [c, y, alpha].map(String),
      timings: { witness: 1, prove: 2, verify: 3 },
    }),
  close: () => Promise.resolve(),
};

/** The same options for every node of a test: nothing waits for long. */
export const nodeOptions = (rpc: ConstructorParameters<typeof L1>[0], rollup: string): Omit<NodeOptions, "data"> => ({
  l1: new L1(rpc, rollup),
  feeOwner: { pubKeyY: keyOf("operator").publicKey.y, l1Address: 0xfee5n },
  equip: ({ journal }) => ({
    sizes: FOLLOWED_SIZES,
    prover: sham,
    submitter: new Submitter({
      ...{ rpc, rollup, journal, signer: new Wallet(OPERATOR_KEY), feeCap: 10n ** 12n },
      ...{ patience: 1000, interval: 5 },
    }),
  }),
  policy: { maxAge: 0, maxQueueAge: 0 },
  pollInterval: 10,
  retryPause: 20,
  follow: SWIFT,
});

/** A rollup on an in-process chain, with a node as its operator. */
export class NodeWorld {
  readonly rollup: FollowedRollup;
  readonly data = mkdtempSync(join(tmpdir(), "sheaf-node-"));
  readonly failures: unknown[] = [];
  node!: SheafNode;

  private constructor(rollup: FollowedRollup) {
    this.rollup = rollup;
  }

  static async create(options: Partial<NodeOptions> = {}): Promise<NodeWorld> {
    const world = new NodeWorld(await FollowedRollup.create());
    await world.open(options);
    return world;
  }

  /** Opens the node's files, again after `node.close()`. */
  async open(options: Partial<NodeOptions> = {}): Promise<SheafNode> {
    const { rollup, data } = this;
    const onFailure = (_: string, error: unknown): void => void this.failures.push(error);
    this.node = await SheafNode.open({ ...nodeOptions(rpcOf(rollup), rollup.address), data, onFailure, ...options });
    return this.node;
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
    const value = (await rollup.queueFee()) + (token === 0 ? amount : 0n);
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
    const nonce = this.node.projected(index)?.nonce ?? 0;
    const fields = { from: index, token, amount, fee, nonce, validUntil: FOREVER, ...changes };
    const { domain } = this.node;
    if (to === undefined) return { kind: "withdrawal", operation: signWithdrawal(keyOf(from), domain, fields) };
    const operation = signTransfer(keyOf(from), domain, { ...fields, to: changes.to ?? this.index(to, token) });
    return { kind: "transfer", operation };
  }

  /** Signs and submits. */
  send(...signed: Parameters<NodeWorld["sign"]>): Promise<PooledOperation> {
    return this.node.submit(this.sign(...signed));
  }

  /** The operation as it is now. */
  now({ id }: Pick<PooledOperation, "id">): PooledOperation {
    return this.node.pool.operations.find(id)!;
  }

  /** Lets the node work until nothing waits and nothing is under way. */
  async settle(): Promise<void> {
    await until(async () => {
      await this.node.step();
      const { store, pool } = this.node;
      const { head, tail } = store.queueBounds;
      const done = head === tail && pool.operations.pending().length === 0 && this.node.underWay().length === 0;
      return done || undefined;
    }, "the node to be done");
  }

  async close(): Promise<void> {
    await this.node.close();
    await this.rollup.close();
  }
}
