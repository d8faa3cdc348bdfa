import { BITS } from "./constants.ts";
import { requireBits, requireField } from "./field.ts";
import { LEAF } from "./packing.ts";
import { poseidon } from "./poseidon.ts";

/** Who an account belongs to. */
export interface Owner {
  /** y-coordinate of the owner's Baby Jubjub key: a field element. */
  readonly pubKeyY: bigint;
  /** Where withdrawals go, and who may force one from L1: u160. */
  readonly l1Address: bigint;
}

/** One owner's holding of one token. Balances are exact base units. */
export interface Account extends Owner {
  /** 0 is ETH, others are registered ERC-20s: u16. */
  readonly token: number;
  /** u128. */
  readonly balance: bigint;
  /** Number of signed operations so far: u32. */
  readonly nonce: number;
}

export const sameOwner = (a: Owner, b: Owner): boolean => a.pubKeyY === b.pubKeyY && a.l1Address === b.l1Address;

/** A leaf without an account. */
export const EMPTY_LEAF = 0n;

/**
 * `P_4(pubKeyY, l1Address, index + token * 2^32 + nonce * 2^48, balance)`; the index binds the leaf to its place.
 * Throws `FIELD_OUT_OF_RANGE`: reduced into the field, a key or a balance out of range would pass for another one.
 */
export function leafOf(index: number, account: Account | undefined): bigint {
  if (account === undefined) return EMPTY_LEAF;
  const { pubKeyY, l1Address, token, nonce, balance } = account;
  return poseidon([
    requireField("pubKeyY", pubKeyY),
    requireBits("l1Address", l1Address, BITS.l1Address),
    LEAF.pack({ index, token, nonce }),
    requireBits("balance", balance, BITS.balance),
  ]);
}
