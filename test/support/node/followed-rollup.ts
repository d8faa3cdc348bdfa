import hre, { network } from "hardhat";
import { compileContracts } from "../../../deploy/compile.ts";
import { hexlify, ZeroAddress } from "ethers";
import { addressOf } from "../../../node/follow/addresses.ts";
import { packBatches } from "../../../l1/packed-batches.ts";
import type { Store } from "../../../node/store/store.ts";
import type { ProvenBatch } from "../../../node/submitter/submission.ts";
import { buildBatch } from "../../../protocol/batch.ts";
import { digestOf, domainOf } from "../../../protocol/challenge.ts";
import {
  signTransfer,
  signWithdrawal,
  type L1Operation,
  type Signed,
  type Transfer,
} from "../../../protocol/operations.ts";
import { transferWordsOf } from "../../../protocol/words.ts";
import { RollupState } from "../../../protocol/state.ts";
import type { SolidityProof } from "../../../prover/files/proof-format.ts";
import { callOf, openedBlob, sendInBlob, type BlobPart } from "../chain/blob-call.ts";
import { COMMITMENT, EXIT_HASHES, HASHES, PROOF, type Proof } from "../chain/rollup.ts";
import { keyOf } from "../protocol/world.ts";
import { seeded } from "../random.ts";
import { FOLLOWED_SIZES } from "./followed-sizes.ts";
import { BENEFICIARY } from "../protocol/world.ts";

export { FOLLOWED_SIZES };

const FOREVER = 2 ** 40 - 1;
const TOKENS = [0, 1] as const;
/** Places in the tree far from each other; each person has one account a token. */
const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  alice: [9, 2 ** 32 - 1],
  bob: [64, 65],
  carol: [4095, 2 ** 20],
  dave: [1, 2 ** 31 + 3],
};
export const PEOPLE = Object.keys(PLACES);
/** Has an L1 account, but none in the rollup at first. */
const NEWCOMER = "erin";
export const placeOf = (name: string, token: number): number => (PLACES[name] ?? [0, 0])[token]!;

interface Spend {
  readonly from: string;
  /** A name; nothing for a withdrawal to L1. */
  readonly to?: string;
  readonly amount: bigint;
  readonly fee?: bigint;
}

/** Batches that `busy` submits in one transaction at most. */
export const TOGETHER = 3;

/** What a test puts into a batch besides what waits in the queue. */
export interface BatchWish {
  readonly token?: number;
  readonly spends?: readonly Spend[];
  readonly creations?: readonly string[];
  readonly size?: number;
}

/** A rollup on an in-process chain with an operator whose batches are right, though nobody proves them. */
export class FollowedRollup {
  readonly chain: Awaited<ReturnType<typeof deployedOn>>;
  readonly address: string;
  readonly domain: bigint;
  /** After all batches. */
  state = new RollupState();
  /** Coefficients of the blobs that L1 was given, by versioned hashes. */
  readonly blobs = new Map<string, readonly bigint[]>();
  readonly takesBlobs: boolean;
  #waiting: { readonly operation: L1Operation; readonly refund: string }[] = [];
  /** Made so far. */
  #batches = 0;

  private constructor(chain: FollowedRollup["chain"], address: string, takesBlobs: boolean) {
    this.takesBlobs = takesBlobs;
    this.chain = chain;
    this.address = address;
    this.domain = domainOf(31337n, BigInt(address));
  }

  /** @param date of the chain's first block: chains of the same date are the same as long as the same happens on them */
  static async create(date = "2040-01-01T00:00:00Z", hardfork = "osaka", blobs = false): Promise<FollowedRollup> {
    const override = { chainId: 31337, initialDate: date, hardfork };
    return FollowedRollup.#on(await network.create({ override }), blobs);
  }

  /** On another client's chain for development, whose first accounts are Hardhat's. */
  static async at(url: string, blobs = false): Promise<FollowedRollup> {
    return FollowedRollup.#on(await network.create({ network: "local", override: { url } }), blobs);
  }

  static async #on(connection: Connection, blobs: boolean): Promise<FollowedRollup> {
    const chain = await deployedOn(connection, blobs);
    return new FollowedRollup(chain, await chain.rollup.getAddress(), blobs);
  }

  async deposit(name: string, token: number, amount: bigint): Promise<void> {
    const { rollup, signers } = this.chain;
    const [pubKeyY, l1Address] = [keyOf(name).publicKey.y, signers[name]!.address];
    const refund = `0x${"dead".repeat(9)}${String(1000 + this.#waiting.length)}`;
    const value = (await rollup.queueFee()) + (token === 0 ? amount : 0n);
    await rollup.connect(signers["operator"]).deposit(token, amount, pubKeyY, l1Address, refund, { value });
    const index = placeOf(name, token);
    const operation = { kind: "deposit", index, token, l1Address: BigInt(l1Address), pubKeyY, amount } as const;
    this.#waiting.push({ operation, refund });
  }

  async forceWithdrawal(name: string, index: number, token: number): Promise<void> {
    const { rollup, signers } = this.chain;
    const value = await rollup.queueFee();
    await rollup.connect(signers[name]).requestWithdrawal(index, token, { value });
    const l1Address = BigInt(signers[name]!.address);
    this.#waiting.push({ operation: { kind: "forcedWithdrawal", index, token, l1Address }, refund: ZeroAddress });
  }

  async pull(name: string, token: number): Promise<void> {
    await this.chain.rollup.withdraw(token, this.chain.signers[name]!.address);
  }

  /** Submits a batch with as much of the queue as fits. */
  async batch(wish: BatchWish = {}): Promise<void> {
    const { size, proof, c, words, refundAddresses, beneficiary } = await this.proven(wish);
    const { rollup, signers } = this.chain;
    await rollup.connect(signers["operator"]).submitBatch(size, proof, c, words, [...refundAddresses], beneficiary);
  }

  /** Submits several in one transaction, each with as much of the queue as still waits and fits. */
  async together(wishes: readonly BatchWish[]): Promise<void> {
    const batches: ProvenBatch[] = [];
    for (const wish of wishes) batches.push(await this.proven(wish));
    const { rollup, signers } = this.chain;
    await rollup.connect(signers["operator"]).submitBatches(packBatches(batches));
  }

  /** As `together`, with the transfers in a blob. Returns its versioned hash. */
  async inBlob(wishes: readonly BatchWish[]): Promise<string> {
    const made: ProvenBatch[] = [];
    const parts: BlobPart[] = [];
    for (const wish of wishes) {
      const { batch, transferWords } = await this.#made(wish, true);
      parts.push({ digest: digestOf(batch.c, BigInt(batch.beneficiary), batch.words), transferWords });
      made.push(batch);
    }
    const opened = openedBlob(parts);
    const versionedHash = hexlify(opened.versionedHash);
    this.blobs.set(versionedHash, opened.coefficients);
    await sendInBlob(this.chain.connection.ethers.provider, callOf(this.address, packBatches(made), opened), 0);
    return versionedHash;
  }

  /** Makes a batch with as much of the queue as fits, after all that were made before; somebody submits it. */
  async proven(wish: BatchWish = {}): Promise<ProvenBatch> {
    const { batch } = await this.#made(wish, false);
    return batch;
  }

  async #made({ token = 0, spends = [], creations = [], size: id = 0 }: BatchWish, inBlob: boolean) {
    const size = FOLLOWED_SIZES[id]!;
    const { signers, networkHelpers } = this.chain;
    const taken = this.#waiting.slice(0, size.l1Operations - creations.length);
    const created = creations.map((name): L1Operation => {
      const owner = { pubKeyY: keyOf(name).publicKey.y, l1Address: BigInt(signers[name]!.address) };
      return { kind: "creation", index: placeOf(name, token), token, ...owner };
    });
    const batchNumber = ++this.#batches;
    const nonces = new Map<number, number>();
    const fields = ({ from, amount, fee = 0n }: Spend) => {
      const index = placeOf(from, token);
      const nonce = nonces.get(index) ?? this.state.account(index)?.nonce ?? 0;
      nonces.set(index, nonce + 1);
      return { from: index, token, amount, fee, nonce, validUntil: FOREVER };
    };
    const withdrawals = spends
      .filter(({ to }) => to === undefined)
      .map((spend) => signWithdrawal(keyOf(spend.from), this.domain, fields(spend)));
    const transfers = spends.flatMap((spend): Signed<Transfer>[] => {
      if (spend.to === undefined) return [];
      const transfer = { ...fields(spend), to: placeOf(spend.to, token) };
      return [signTransfer(keyOf(spend.from), this.domain, transfer)];
    });
    const { words } = buildBatch(this.state, size, {
      inBlob,
      domain: this.domain,
      batchNumber,
      timestamp: await networkHelpers.time.latest(),
      beneficiary: BENEFICIARY,
      token,
      feeAccount: placeOf("dave", token),
      l1Operations: [...taken.map(({ operation }) => operation), ...created],
      withdrawals,
      transfers,
    });
    this.#waiting = this.#waiting.slice(taken.length);
    const refundAddresses = taken.map(({ refund }) => refund);
    const c = COMMITMENT + BigInt(batchNumber);
    const beneficiary = addressOf(BENEFICIARY);
    const transferWords = transferWordsOf({ transfers });
    const proof = [...PROOF] as SolidityProof;
    const batch: ProvenBatch = { batchNumber, size: id, proof, c, words, refundAddresses, beneficiary };
    return { batch, transferWords };
  }

  /** Deposits of everybody in both tokens, and the batches that take them. */
  async fund(): Promise<void> {
    for (const token of TOKENS) {
      for (const [i, name] of PEOPLE.entries()) await this.deposit(name, token, 10n ** 12n + BigInt(10 * i + token));
      await this.batch();
      await this.batch();
    }
  }

  /** One of everything that can happen, in an order that depends on the seed alone. Call `fund` first. */
  async busy(steps: number, seed: string): Promise<void> {
    const random = seeded(seed);
    const pick = <T>(list: readonly T[]): T => list[Number(random.below(BigInt(list.length)))]!;
    const spender = (): string => pick(["alice", "bob", "dave"]);
    const inBlob = (token: number, amount: bigint): Promise<string> =>
      this.inBlob([
        { token, spends: [{ from: spender(), to: pick(PEOPLE), amount, fee: 1n }] },
        { token, spends: [{ from: spender(), amount }], size: 1 },
        { token: pick(TOKENS), spends: [0, 1, 2].map(() => ({ from: spender(), to: pick(PEOPLE), amount: 3n })) },
      ]);
    const actions = [
      (token: number, amount: bigint) => this.deposit(pick(PEOPLE), token, amount),
      // Carol spends nothing, for her account may be emptied. Of other accounts nothing leaves.
      (token: number) => this.forceWithdrawal("carol", placeOf(pick(PEOPLE), token), pick([0, 0, 1])),
      () => this.mine(pick([1, 2, 3])),
      (token: number, amount: bigint) => this.batch({ token, spends: [{ from: spender(), to: pick(PEOPLE), amount }] }),
      (token: number, amount: bigint) => this.batch({ token, spends: [{ from: spender(), amount, fee: 2n }], size: 1 }),
      async (token: number, amount: bigint) => {
        const [from, to] = [spender(), spender()];
        await this.batch({
          token,
          spends: [
            { from, amount },
            { from: "bob", amount: 6n },
            { from, to, amount: 7n, fee: 3n },
          ],
        });
        await this.pull("bob", token);
      },
      (token: number, amount: bigint) =>
        this.together([
          { token, spends: [{ from: spender(), amount }] },
          { token, spends: [{ from: spender(), to: pick(PEOPLE), amount }], size: 1 },
          {},
        ]),
      ...(this.takesBlobs ? [inBlob, inBlob] : []),
    ];
    for (let step = 0; step < steps; step++) await pick(actions)(pick(TOKENS), 1n + random.below(1000n));
  }

  /** Lets the oldest deadline in the queue pass. */
  async passDeadline(): Promise<void> {
    const { rollup, networkHelpers } = this.chain;
    const { deadline } = await rollup.queueEntry((await rollup.queueBounds()).head);
    await networkHelpers.time.increaseTo(deadline + 1n);
  }

  /** Somebody else served the queue: nothing waits any more, and the state is the store's. */
  servedBy(store: Store): void {
    this.state = store.state();
    this.#waiting = [];
    this.#batches = store.lastBatch!.number;
  }

  /** Lets all time pass and freezes the rollup; something must wait in the queue. */
  async freeze(): Promise<void> {
    const { rollup, networkHelpers } = this.chain;
    await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
    await rollup.freeze();
  }

  async exit(index: number): Promise<void> {
    const { token, l1Address, balance } = this.state.account(index)!;
    await this.chain.rollup.exit(index, token, addressOf(l1Address), balance, [...PROOF] as Proof);
  }

  /** Gives back a deposit that waits, counted from the first one that does. */
  async refund(waiting: number): Promise<void> {
    const { rollup } = this.chain;
    const { operation, refund } = this.#waiting[waiting]!;
    if (operation.kind !== "deposit") throw new Error("That is no deposit");
    const { token, amount, pubKeyY, l1Address } = operation;
    const place = (await rollup.queueBounds()).head + BigInt(waiting);
    await rollup.refundDeposit(place, token, amount, pubKeyY, addressOf(l1Address), refund);
  }

  /** One by one: Hardhat gives blocks that it mined in one go no state. */
  async mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) await this.chain.connection.provider.request({ method: "evm_mine" });
  }

  /** Returns how to come back to this moment, on L1 and here: what happens after that is another branch. */
  async branch(): Promise<() => Promise<void>> {
    const { provider } = this.chain.connection;
    const id = await provider.request({ method: "evm_snapshot" });
    const [state, waiting, batches] = [this.state, [...this.#waiting], this.#batches];
    this.state = state.fork();
    return async () => {
      await provider.request({ method: "evm_revert", params: [id] });
      this.state = state.fork();
      this.#waiting = waiting;
      this.#batches = batches;
    };
  }

  close(): Promise<void> {
    return this.chain.connection.close();
  }
}

type Connection = Awaited<ReturnType<typeof network.create<"generic">>>;

async function deployedOn(connection: Connection, blobs: boolean) {
  await compileContracts(hre);
  const { ethers, networkHelpers } = connection;
  const names = ["operator", ...PEOPLE, NEWCOMER];
  const all = await ethers.getSigners();
  const signers = Object.fromEntries(names.map((name, i) => [name, all[i]!]));
  // Some history that is not the rollup's.
  await networkHelpers.mine(20);
  const { address } = signers["operator"]!;
  const verifier = await (await ethers.deployContract("AcceptAllVerifier")).getAddress();
  const sizes = FOLLOWED_SIZES.map((size) => ({ ...size, verifier, ...HASHES }));
  const exit = { verifier, ...EXIT_HASHES };
  const opener = blobs ? await (await ethers.deployContract("BlobOpener")).getAddress() : ZeroAddress;
  const rollup = await ethers.deployContract("Rollup", [address, address, sizes, exit, verifier, opener]);
  const token = await ethers.deployContract("TestToken", ["Test token", "TEST"]);
  await rollup.registerToken(await token.getAddress());
  await token.mint(address, 10n ** 30n);
  await token.approve(await rollup.getAddress(), 10n ** 30n);
  return { connection, networkHelpers, signers, rollup, tokenContract: token };
}
