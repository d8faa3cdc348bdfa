import { Contract, isError, type Signer, type TransactionReceipt } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { ROLLUP_ABI } from "./contract.ts";
import { roomFor } from "./gas-limit.ts";
import { reasonOf } from "./reason.ts";
import { revertOf } from "./revert.ts";

/** Milliseconds to wait for a transaction to be mined. */
const PATIENCE = 15 * 60_000;

/** Why a transaction failed that the contract would have taken when it was sent. L1 keeps no reason. */
export const IN_VAIN = "mined in vain";

/** Hears of the hash of a transaction as soon as L1's node has taken it. */
export type OnSent = (hash: string) => void;

/** A call that the contract refused. */
export class Reverted extends SheafError {
  /** The name of its custom error, `IN_VAIN`, or nothing where the node does not tell. */
  readonly reason: string;

  constructor(message: string, reason: string, cause: unknown) {
    super("L1_REVERTED", message, { cause });
    this.reason = reason;
  }
}

/**
 * Calls a function of the rollup in a transaction, and waits until it is mined.
 *
 * @throws SheafError L1_REVERTED (`Reverted`) if the contract refuses, L1_FAILED if L1 does not take the transaction
 */
export async function sendToRollup(
  signer: Signer,
  rollup: string,
  name: string,
  args: readonly unknown[],
  onSent: OnSent = () => undefined,
): Promise<TransactionReceipt> {
  try {
    const call = new Contract(rollup, ROLLUP_ABI, signer).getFunction(name);
    // Not by the contract: whoever waits for its response does not hear of a replacement.
    const transaction = await call.populateTransaction(...args);
    const gasLimit = roomFor(await signer.estimateGas(transaction));
    const response = await signer.sendTransaction({ ...transaction, gasLimit });
    onSent(response.hash);
    const receipt = await response.wait(1, PATIENCE);
    if (receipt !== null) return receipt;
    throw new Error("it was not mined");
  } catch (error) {
    // The same call with another fee, as wallets send it to hurry.
    const isRepriced = isError(error, "TRANSACTION_REPLACED") && error.reason === "repriced";
    if (isRepriced && error.receipt.status === 1) return error.receipt;
    const revert = revertOf(error);
    if (revert !== undefined) throw new Reverted(`${name}: the contract answers ${revert.text}`, revert.name, error);
    if (isRepriced || isError(error, "CALL_EXCEPTION")) {
      const reason = error.receipt ? IN_VAIN : "";
      throw new Reverted(`${name}: the contract refused${reason && `: ${reason}`}`, reason, error);
    }
    throw new SheafError("L1_FAILED", `${name}: ${reasonOf(error)}`, { cause: error });
  }
}
