import { ZeroAddress } from "ethers";
import hre, { network } from "hardhat";
import { compileContracts } from "../../../deploy/compile.ts";
import { challengeOf, digestOf, domainOf, evaluateWords } from "../../../protocol/challenge.ts";
import { packBatches } from "../../../l1/packed-batches.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { evaluateBlob } from "../../../protocol/blob.ts";
import { encodeWords, transferWordsOf, wordsOf, type PublishedBatch } from "../../../protocol/words.ts";
import { addressOf } from "../../../node/follow/addresses.ts";
import { BENEFICIARY as PROVER } from "../protocol/world.ts";
import type { Rollup } from "../../../types/generated/index.ts";
import type { PathCall } from "../../../wallet/l1-rollup.ts";

await compileContracts(hre);

/** Sizes for contract tests, with a different number of rows of every kind. */
export const SIZES: readonly [BatchSize, BatchSize] = [
  { name: "test-4", transfers: 4, accounts: 6, l1Operations: 3, withdrawals: 2, segments: 4, nodes: 30 },
  { name: "test-40", transfers: 40, accounts: 6, l1Operations: 5, withdrawals: 1, segments: 6, nodes: 40 },
];
export const PROOF: readonly bigint[] = [11n, 12n, 13n, 14n, 15n, 16n, 17n, 18n];
export type Proof = Parameters<Rollup["submitBatch"]>[1];
/** As the types of the contract have them. */
export const pathArguments = ([index, token, l1Address, balance, pubKeyY, nonce, siblings]: PathCall) =>
  [index, token, l1Address, balance, pubKeyY, nonce, siblings as Parameters<Rollup["exitByPath"]>[6]] as const;
export const COMMITMENT = 0xc0117ab1en;
export const BENEFICIARY = addressOf(PROVER);
export const HASHES = { circuitHash: `0x${"c1".repeat(32)}`, keyHash: `0x${"4e".repeat(32)}` };
export const EXIT_HASHES = { circuitHash: `0x${"e1".repeat(32)}`, keyHash: `0x${"e2".repeat(32)}` };

/** Storage slots of the contract, as docs/contracts.md has them. */
export const SLOTS = {
  tokenCount: 1,
  operator: 3,
  progress: 5,
  queue: 6,
  tokenTotal: 7,
  withdrawable: 8,
  stateRoot: 9,
  exited: 10,
  batchChain: 12,
};

/** Everything a contract test needs, on an in-process chain of its own. */
export type Bench = Awaited<ReturnType<typeof createBench>>;

/**
 * A rollup whose size 0 accepts EVERY proof, for the tests of what is not the proof's work, and whose size 1 accepts
 * only the proof and public signals that a test names, as its exit circuit's verifier does.
 */
export async function createBench(chainId = 31337, { blobs = false } = {}) {
  const connection = await network.create({ override: { chainId, initialDate: "2040-01-01T00:00:00Z" } });
  const { ethers, networkHelpers } = connection;
  const [owner, operator, alice, bob, mallory] = (await ethers.getSigners()) as [
    Signer,
    Signer,
    Signer,
    Signer,
    Signer,
  ];
  const acceptAll = await ethers.deployContract("AcceptAllVerifier");
  const expecting = await ethers.deployContract("ExpectingVerifier");
  const exitVerifier = await ethers.deployContract("ExpectingVerifier");
  const jointVerifier = await ethers.deployContract("AcceptAllVerifier");
  const verifiers = [await acceptAll.getAddress(), await expecting.getAddress()];
  const sizes = SIZES.map((size, id) => ({ ...size, verifier: verifiers[id], ...HASHES }));
  const exitCircuit = { verifier: await exitVerifier.getAddress(), ...EXIT_HASHES };
  const blobOpener = blobs ? await (await ethers.deployContract("BlobOpener")).getAddress() : ZeroAddress;
  const helpers = [await jointVerifier.getAddress(), blobOpener] as const;
  const rollup = await ethers.deployContract("Rollup", [
    ...[owner.address, operator.address],
    ...[sizes, exitCircuit, ...helpers],
  ] as const);
  const token = await ethers.deployContract("TestToken", ["Test token", "TEST"]);
  await rollup.connect(owner).registerToken(await token.getAddress());
  return {
    connection,
    ethers,
    networkHelpers,
    chainId,
    owner,
    operator,
    alice,
    bob,
    mallory,
    acceptAll,
    expecting,
    exitVerifier,
    exitCircuit,
    jointVerifier,
    rollup,
    token,
  };
}

type Signer = Awaited<ReturnType<Awaited<ReturnType<typeof network.create>>["ethers"]["getSigners"]>>[number];

/** The header of the rollup's next batch, as of now, with no operations; `changes` replace parts of it. */
export async function nextBatch(
  bench: Pick<Bench, "rollup" | "networkHelpers" | "chainId">,
  changes: Partial<PublishedBatch> = {},
): Promise<PublishedBatch> {
  const { rollup, networkHelpers, chainId } = bench;
  return {
    domain: domainOf(BigInt(chainId), BigInt(await rollup.getAddress())),
    oldRoot: await rollup.stateRoot(),
    newRoot: (await rollup.stateRoot()) + 1n,
    batchNumber: Number(await rollup.batchNumber()) + 1,
    timestamp: await networkHelpers.time.latest(),
    token: 0,
    feeAccount: 0,
    l1Operations: [],
    withdrawals: [],
    transfers: [],
    ...changes,
  };
}

/** Takes so much of a token from a rollup that owes it, as tokens do whose balances shrink by themselves. */
export async function takeTokens(
  { ethers, networkHelpers }: Pick<Bench["connection"], "ethers" | "networkHelpers">,
  { rollup, token, amount }: Pick<Bench, "rollup" | "token"> & { readonly amount: bigint },
): Promise<void> {
  const address = await rollup.getAddress();
  const balance = await ethers.provider.getBalance(address);
  const itself = await ethers.getImpersonatedSigner(address);
  await networkHelpers.setBalance(address, balance + 10n ** 18n);
  await token.connect(itself).transfer(token, amount);
  await networkHelpers.setBalance(address, balance);
}

/**
 * The public signals `[c, y, alpha, z]` of a batch for `BENEFICIARY`, as TypeScript computes them.
 *
 * @param z where the blob is evaluated, if the batch is in one
 */
export function publicSignals(
  size: BatchSize,
  batch: PublishedBatch,
  c = COMMITMENT,
  z?: bigint,
): [bigint, bigint, bigint, bigint] {
  const evaluation = z === undefined ? undefined : { z, value: evaluateBlob(transferWordsOf(batch), z) };
  const alpha = challengeOf(digestOf(c, BigInt(BENEFICIARY), encodeWords(size, batch)), evaluation);
  return [c, evaluateWords(wordsOf(size, batch, evaluation?.value), alpha), alpha, z ?? 0n];
}

export interface SubmitOptions {
  size?: number;
  sender?: Signer;
  c?: bigint;
  refundAddresses?: readonly string[];
  beneficiary?: string;
  /** Replaces the encoded words. */
  words?: Uint8Array;
}

/** Sends a batch to `submitBatch`, by default to the size that accepts every proof. */
export function submit(bench: Bench, batch: PublishedBatch, options: SubmitOptions = {}) {
  const {
    size = 0,
    sender = bench.operator,
    c = COMMITMENT,
    refundAddresses = [],
    beneficiary = BENEFICIARY,
  } = options;
  const words = options.words ?? encodeWords(SIZES[size] ?? SIZES[0], batch);
  const rollup = bench.rollup.connect(sender);
  return rollup.submitBatch(size, [...PROOF] as Proof, c, words, [...refundAddresses], beneficiary);
}

export interface JointPart extends Omit<SubmitOptions, "sender"> {
  batch: PublishedBatch;
  proof?: readonly bigint[];
}

/** What `submitBatches` takes of batches, each by default of the size that accepts every proof. */
export const packed = (parts: readonly JointPart[]): Uint8Array =>
  packBatches(
    parts.map(
      ({ batch, size = 0, proof = PROOF, c = COMMITMENT, refundAddresses = [], words, beneficiary = BENEFICIARY }) => ({
        ...{ size, proof, c, refundAddresses, beneficiary },
        words: words ?? encodeWords(SIZES[size] ?? SIZES[0], batch),
      }),
    ),
  );

/** Sends batches to `submitBatches`. */
export const submitAll = (bench: Bench, parts: readonly JointPart[], sender = bench.operator) =>
  bench.rollup.connect(sender).submitBatches(packed(parts));
