import { getAddress } from "ethers";
import { addressToHex } from "../../protocol/json-fields.ts";

/** An L1 address as the state has it, in L1's form with checksum. */
export const addressOf = (value: bigint): string => getAddress(addressToHex(value));
