import { dataSlice, getAddress, hexlify, isHexString, keccak256, toBeHex } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { FIELD_ORDER } from "../protocol/constants.ts";

/** Who an account belongs to: what somebody needs to know to pay a person. */
export interface Owner {
  /** y-coordinate of the Baby Jubjub key. */
  readonly pubKeyY: bigint;
  /** Where withdrawals go, with EIP-55's checksum. */
  readonly l1Address: string;
}

const PREFIX = "sheaf:";
const [KEY_BYTES, ADDRESS_BYTES, CHECKSUM_BYTES] = [32, 20, 4];

/** An owner in one word: `sheaf:0x`, the key's y-coordinate, the L1 address, and 4 bytes of the keccak256 of both. */
export function formatOwner({ pubKeyY, l1Address }: Owner): string {
  const data = toBeHex((pubKeyY << BigInt(8 * ADDRESS_BYTES)) | BigInt(l1Address), KEY_BYTES + ADDRESS_BYTES);
  return `${PREFIX}${data}${checksum(data).slice(2)}`;
}

/** Reads `formatOwner`'s word. Throws `RECEIVER_INVALID`, so that a mistyped one pays nobody. */
export function parseOwner(text: string): Owner {
  const hex = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : "";
  if (!isHexString(hex, KEY_BYTES + ADDRESS_BYTES + CHECKSUM_BYTES)) {
    throw new SheafError("RECEIVER_INVALID", `${text} is no rollup address: ${PREFIX}0x and 112 hexadecimal digits`);
  }
  const data = dataSlice(hex, 0, KEY_BYTES + ADDRESS_BYTES);
  const pubKeyY = BigInt(dataSlice(data, 0, KEY_BYTES));
  if (checksum(data) !== hexlify(dataSlice(hex, -CHECKSUM_BYTES)) || pubKeyY >= FIELD_ORDER) {
    throw new SheafError("RECEIVER_INVALID", `${text} is mistyped: its checksum is not that of its digits`);
  }
  return { pubKeyY, l1Address: getAddress(dataSlice(data, KEY_BYTES)) };
}

const checksum = (data: string): string => dataSlice(keccak256(data), 0, CHECKSUM_BYTES);
