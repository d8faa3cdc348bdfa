import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { EMPTY_LEAF, type Account } from "../../../protocol/account.ts";
import { SEGMENT_LEVELS } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import type { MerklePath } from "../../../protocol/merkle-path.ts";
import { LEAF } from "../../../protocol/packing.ts";
import { poseidon } from "../../../protocol/poseidon.ts";
import { PrivateKey } from "../../../protocol/signature.ts";
import { segmentOf, StateTree } from "../../../protocol/tree.ts";

/** L1 address that the proofs of tests are made for. */
export const BENEFICIARY = 0xbe4ebe4ebe4ebe4ebe4ebe4ebe4ebe4ebe4ebe4en;

/** An account as field elements, of any size: a cheating prover's leaf need not keep to the ranges. */
export type RawAccount = Readonly<Record<"pubKeyY" | "l1Address" | "token" | "balance" | "nonce", bigint>>;

/** A leaf, without the range checks of `leafOf`. */
export function rawLeaf(index: bigint, account: RawAccount | undefined): bigint {
  if (account === undefined) return EMPTY_LEAF;
  const { pubKeyY, l1Address, token, balance, nonce } = account;
  const at = (part: "token" | "nonce"): bigint => 2n ** BigInt(LEAF.parts[part].offset);
  const packed = index + token * at("token") + nonce * at("nonce");
  return poseidon([pubKeyY, l1Address, packed, balance].map((value) => Fr.create(value)));
}

/** A state tree for circuit tests whose leaves may hold anything. */
export class World {
  readonly #tree = new StateTree();
  readonly #accounts = new Map<number, RawAccount>();

  constructor(accounts: Readonly<Record<number, RawAccount>> = {}) {
    for (const [index, account] of Object.entries(accounts)) this.put(Number(index), account);
  }

  get root(): bigint {
    return this.#tree.root;
  }

  /** The root of the segment that an index lies in. */
  node(index: number): bigint {
    return this.#tree.node(SEGMENT_LEVELS, segmentOf(index));
  }

  account(index: number): RawAccount {
    return this.#accounts.get(index)!;
  }

  put(index: number, account: RawAccount): void {
    this.#accounts.set(index, account);
    this.#tree.setLeaf(index, rawLeaf(BigInt(index), account));
  }

  leaf(index: number): bigint {
    return this.#tree.leaf(index);
  }

  /** From a leaf up to its segment's root. */
  path(index: number): MerklePath {
    return this.#tree.path(index, 0, SEGMENT_LEVELS);
  }

  /** From a leaf up to the state's root. */
  wholePath(index: number): MerklePath {
    return this.#tree.path(index);
  }

  /** The segment's root after the leaf at an index became this account. */
  nodeWith(index: number, account: RawAccount | undefined): bigint {
    const tree = this.#tree.fork();
    tree.setLeaf(index, rawLeaf(BigInt(index), account));
    return tree.node(SEGMENT_LEVELS, segmentOf(index));
  }
}

export const raw = ({ pubKeyY, l1Address, token, balance, nonce }: Account): RawAccount => ({
  pubKeyY,
  l1Address,
  token: BigInt(token),
  balance,
  nonce: BigInt(nonce),
});

/** A key pair by name. */
export const keyOf = (name: string): PrivateKey => new PrivateKey(sha256(utf8ToBytes(name)));

export const EMPTY: RawAccount = { pubKeyY: 0n, l1Address: 0n, token: 0n, balance: 0n, nonce: 0n };
