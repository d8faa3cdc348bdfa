import { say } from "./output.ts";

/** Says what is waited for once L1 has a transaction. */
export const sayMining = (hash: string): void =>
  say(`L1 transaction ${hash}: waits until it is mined, in most cases for less than a minute`);
