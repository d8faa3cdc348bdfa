import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/curves/utils.js";
import { inThread } from "./kzg-thread.ts";

// KZG commitments to blobs (EIP-4844, EIP-7594), by micro-eth-signer: JavaScript alone, with the ceremony's points as a
// package, so that nothing is compiled or downloaded. A commitment or an opening takes about 0.4 s on one core, cell proofs
// 2.5 s: all of it runs in a thread of its own, one call after the other.

/** What a blob must be for the functions below: 4096 field elements of 32 bytes. Others are refused as a plain `Error`. */
type Blob = Uint8Array;

/** The KZG commitment to a blob's polynomial: 48 bytes, a compressed point of BLS12-381's G1. */
export async function commitmentOf(blob: Blob): Promise<Uint8Array> {
  return bytes(await inThread({ task: "commitment", blob }));
}

/**
 * The polynomial's value at z, and its proof of 48 bytes, as the point-evaluation precompile takes them.
 *
 * @param z below BLS12-381's scalar field order
 */
export async function openingAt(blob: Blob, z: bigint): Promise<{ value: bigint; proof: Uint8Array }> {
  const [proof, value] = await inThread({ task: "opening", blob, z });
  return { value: BigInt(value!), proof: hexToBytes(proof!.slice(2)) };
}

/** A blob's 128 cell proofs of 48 bytes, which a node of L1 wants with a blob since Osaka (EIP-7594). */
export async function cellProofsOf(blob: Blob): Promise<readonly Uint8Array[]> {
  return (await inThread({ task: "cellProofs", blob })).map((proof) => hexToBytes(proof.slice(2)));
}

/** The one proof of 48 bytes that nodes wanted before Osaka (EIP-4844), and Hardhat's development chain wants today. */
export async function blobProofOf(blob: Blob, commitment: Uint8Array): Promise<Uint8Array> {
  return bytes(await inThread({ task: "blobProof", blob, commitment: `0x${bytesToHex(commitment)}` }));
}

/** What a transaction and L1's BLOBHASH name a blob by: 0x01 and the end of its commitment's hash. */
export function versionedHashOf(commitment: Uint8Array): string {
  return `0x01${bytesToHex(sha256(commitment).subarray(1))}`;
}

const bytes = ([hex]: readonly string[]): Uint8Array => hexToBytes(hex!.slice(2));
