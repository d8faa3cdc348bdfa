import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { BITS, FIELD_ORDER, PROTOCOL_NAME, PROTOCOL_VERSION, WIDE_WORD_BYTES } from "./constants.ts";
import { Fr, requireBits } from "./field.ts";

const uint256 = (value: bigint | number): Uint8Array => numberToBytesBE(value, WIDE_WORD_BYTES);

/**
 * The base of every signature's domain, and the first published word:
 * `keccak256(abi.encode("Sheaf", version, chainId, rollup)) mod (2^232 - 1)`.
 * Throws `FIELD_OUT_OF_RANGE` unless `chainId` is a u256 and `rollup` an address.
 */
export function domainOf(chainId: bigint, rollup: bigint, version = PROTOCOL_VERSION): bigint {
  requireBits("chainId", chainId, 256);
  requireBits("rollup", rollup, BITS.l1Address);
  const name = utf8ToBytes(PROTOCOL_NAME);
  const paddedName = new Uint8Array(WIDE_WORD_BYTES);
  paddedName.set(name);
  // abi.encode: four heads (the string's is its offset, 128), then the string's length and bytes.
  const encoded = [uint256(128), uint256(version), uint256(chainId), uint256(rollup), uint256(name.length), paddedName];
  return bytesToNumberBE(keccak_256(concatBytes(...encoded))) % ((1n << BigInt(BITS.domain)) - 1n);
}

/** What a batch says on L1, hashed as the contract does: `keccak256(c, beneficiary, byte length, words)`, 32 bytes. */
export function digestOf(c: bigint, beneficiary: bigint, words: Uint8Array): Uint8Array {
  const address = numberToBytesBE(beneficiary, BITS.l1Address / 8);
  return keccak_256(concatBytes(uint256(c), address, uint256(words.length), words));
}

/** Where a blob's polynomial is evaluated, and the part of its value there that a batch's transfers make. */
export interface BlobEvaluation {
  readonly z: bigint;
  readonly value: bigint;
}

/**
 * Where the blob of these batches is evaluated, fixed by all that they say: `keccak256(versionedHash, digests) >> 6`.
 *
 * @param versionedHash of the blob, 32 bytes (EIP-4844)
 */
export function blobPointOf(versionedHash: Uint8Array, digests: readonly Uint8Array[]): bigint {
  return bytesToNumberBE(keccak_256(concatBytes(versionedHash, ...digests))) >> 6n;
}

/** What a batch's challenge is made of, and its link in L1's chain: its digest or, if it is in a blob, that and the evaluation. */
export function sealOf(digest: Uint8Array, evaluation?: BlobEvaluation): Uint8Array {
  if (evaluation === undefined) return digest;
  return keccak_256(concatBytes(digest, uint256(evaluation.z), uint256(evaluation.value)));
}

/** The batch's challenge: `alpha`, its seal modulo the field's order. */
export function challengeOf(digest: Uint8Array, evaluation?: BlobEvaluation): bigint {
  return bytesToNumberBE(sealOf(digest, evaluation)) % FIELD_ORDER;
}

/** `y = sum word_k * alpha^k`, by Horner's rule. */
export function evaluateWords(words: readonly bigint[], alpha: bigint): bigint {
  return words.reduceRight((sum, word) => Fr.add(Fr.mul(sum, alpha), word), 0n);
}
