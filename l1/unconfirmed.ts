import type { TransactionReceipt, TransactionResponse, Provider } from "ethers";
import { bigintJson } from "../lib/json.ts";

/** A transaction of which nobody knows yet whether it will be mined. */
export interface Unconfirmed {
  readonly hash: string;
  readonly nonce: number;
}

/** What was sent and not seen mined, by what it does: whoever tries the same again finds it. */
export interface SentMemory {
  get(what: string): Unconfirmed | undefined;
  set(what: string, sent: Unconfirmed): unknown;
  delete(what: string): unknown;
  /** Told that an earlier try is the answer, and nothing is sent. */
  found?(what: string, sent: Unconfirmed, isMined: boolean): unknown;
}

/** Of this process. */
export const PROCESS_MEMORY: SentMemory = new Map();

/** What a call does, whatever it offers for gas and for the queue's fee, which change from one try to the next. */
export function deedOf(from: string, rollup: string, name: string, args: readonly unknown[]): string {
  const meant = args.filter((arg) => typeof arg !== "object" || arg === null || Array.isArray(arg));
  return bigintJson([from, rollup, name.replace(/WithPermit$/, ""), meant]).toLowerCase();
}

/** What L1 has of an earlier try: its receipt; what waits to be mined; or the nonce that it has, which no other try may leave to it. */
export async function lookFor(
  provider: Provider,
  from: string,
  { hash, nonce }: Unconfirmed,
): Promise<TransactionReceipt | TransactionResponse | number | undefined> {
  const receipt = await provider.getTransactionReceipt(hash);
  if (receipt !== null) return receipt;
  const waiting = await provider.getTransaction(hash);
  if (waiting !== null) return waiting;
  return (await provider.getTransactionCount(from, "latest")) > nonce ? undefined : nonce;
}
