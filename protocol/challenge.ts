import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { BITS, FIELD_ORDER, PROTOCOL_NAME, PROTOCOL_VERSION, WIDE_WORD_BYTES } from "./constants.ts";
import { Fr, requireBits } from "./field.ts";

const keccak = (bytes: Uint8Array): bigint => bytesToNumberBE(keccak_256(bytes));
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
  return keccak(concatBytes(...encoded)) % ((1n << BigInt(BITS.domain)) - 1n);
}

/** The batch's challenge: `alpha = keccak256(c, beneficiary, byte length, words) mod r`, as the contract computes it. */
export function challengeOf(c: bigint, beneficiary: bigint, words: Uint8Array): bigint {
  const address = numberToBytesBE(beneficiary, BITS.l1Address / 8);
  return keccak(concatBytes(uint256(c), address, uint256(words.length), words)) % FIELD_ORDER;
}

/** `y = sum word_k * alpha^k`, by Horner's rule. */
export function evaluateWords(words: readonly bigint[], alpha: bigint): bigint {
  return words.reduceRight((sum, word) => Fr.add(Fr.mul(sum, alpha), word), 0n);
}
