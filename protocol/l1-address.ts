import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { z } from "zod";
import { SheafError } from "./errors.ts";

/** What is wrong with a text as an L1 address; `undefined` if it is one. */
export function faultOfAddress(text: string): string | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return "must be 0x and 40 hexadecimal digits";
  const digits = text.slice(2);
  const isPlain = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (isPlain || text === withChecksum(text)) return undefined;
  return "has the wrong EIP-55 checksum: a digit is mistyped, or the case of a letter; copy it again";
}

/** For schemas. */
export function requireAddress(text: string, { addIssue }: z.core.$RefinementCtx): void {
  const fault = faultOfAddress(text);
  if (fault !== undefined) addIssue(fault);
}

/**
 * An L1 address as people and other programs give it, with checksum.
 *
 * @throws SheafError FIELD_INVALID, as for one whose letters' case is not what EIP-55 makes of its digits
 */
export function l1AddressOf(name: string, text: string): string {
  const fault = faultOfAddress(text);
  if (fault !== undefined) throw new SheafError("FIELD_INVALID", `${name} ${text} is not an address: it ${fault}`);
  return withChecksum(text);
}

/** https://eips.ethereum.org/EIPS/eip-55 */
function withChecksum(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const hash = bytesToHex(keccak_256(utf8ToBytes(digits)));
  return `0x${[...digits].map((digit, i) => (hash[i]! >= "8" ? digit.toUpperCase() : digit)).join("")}`;
}
