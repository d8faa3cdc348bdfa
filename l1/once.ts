import { Contract, type Signer, type TransactionReceipt } from "ethers";
import { ROLLUP } from "./contract.ts";
import { Reverted } from "./failure.ts";
import { sendToRollup, type OnSent, type SendOptions } from "./send.ts";

/** Calls that anyone may make, and that can happen once: whether it has happened, as the contract says now. */
const HAPPENED: Readonly<Record<Once, (rollup: Contract, args: readonly unknown[]) => Promise<boolean>>> = {
  freeze: (rollup) => rollup.getFunction("isFrozen")(),
  exit: (rollup, [index]) => rollup.getFunction("hasExited")(index),
  exitByPath: (rollup, [index]) => rollup.getFunction("hasExited")(index),
  deployHasher: (rollup) => hasHasher(rollup),
  refundDeposit: async (rollup, [place]) => (await rollup.getFunction("queueEntry")(place)).deadline === 0n,
  withdraw: async (rollup, [token, account]) => (await rollup.getFunction("withdrawable")(token, account)) === 0n,
};

export type Once = "freeze" | "exit" | "exitByPath" | "deployHasher" | "refundDeposit" | "withdraw";

/** Whether the contract is there that `exitByPath` needs. */
export const hasHasher = async (rollup: Contract): Promise<boolean> =>
  (await rollup.runner!.provider!.getCode(await rollup.getFunction("hasher")())) !== "0x";

/**
 * As `sendToRollup`, for a call that anyone may make: if somebody else was first, before it was sent or after, that is not
 * a failure, since it has happened as wanted.
 *
 * @returns `undefined` if somebody else's transaction did it
 */
export async function sendOnce(
  signer: Signer,
  rollup: string,
  name: Once,
  args: readonly unknown[],
  onSent?: OnSent,
  options?: SendOptions,
): Promise<TransactionReceipt | undefined> {
  try {
    return await sendToRollup(signer, rollup, name, args, onSent, options);
  } catch (error) {
    if (!(error instanceof Reverted)) throw error;
    const hasHappened = await HAPPENED[name](new Contract(rollup, ROLLUP, signer), args).catch(() => false);
    if (hasHappened) return undefined;
    throw error;
  }
}
