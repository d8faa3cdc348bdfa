import { Interface } from "ethers";
import { ROLLUP_ABI, TIMELOCK_ABI } from "./generated/abi.ts";

/** `contracts/interfaces/IRollup.sol`, and who owns it. */
export const ROLLUP = new Interface(ROLLUP_ABI);

/** OpenZeppelin's `TimelockController`, as far as it is watched. */
export const TIMELOCK = new Interface(TIMELOCK_ABI);
