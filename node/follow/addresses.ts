import { getAddress } from "ethers";

/** An L1 address as the state has it, in L1's form with checksum. */
export const addressOf = (value: bigint): string => getAddress(`0x${value.toString(16).padStart(40, "0")}`);
