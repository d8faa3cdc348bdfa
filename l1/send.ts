import { Contract, isError, type Signer, type TransactionReceipt, type TransactionResponse } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { ROLLUP_ABI } from "./contract.ts";
import { isUnanswered, l1Failure } from "./failure.ts";
import { roomFor } from "./gas-limit.ts";
import { boundedOffer } from "./gas-price.ts";
import { requireGasMoney } from "./gas-money.ts";

/** Milliseconds to wait for a transaction to be mined. */
const PATIENCE = 15 * 60_000;

/** Hears of the hash of a transaction as soon as L1's node has taken it. */
export type OnSent = (hash: string) => void;

/**
 * Calls a function of the rollup in a transaction, and waits until it is mined.
 *
 * @throws SheafError `Reverted` if the contract refuses, with L1_REVERTED or the code for its state; L1_FUNDS_MISSING and
 * L1_FAILED if L1 does not take the transaction; L1_UNCONFIRMED if nobody can say whether it did
 */
export async function sendToRollup(
  signer: Signer,
  rollup: string,
  name: string,
  args: readonly unknown[],
  onSent: OnSent = () => undefined,
): Promise<TransactionReceipt> {
  const response = await sent(signer, rollup, name, args);
  onSent(response.hash);
  return mined(name, response);
}

async function sent(
  signer: Signer,
  rollup: string,
  name: string,
  args: readonly unknown[],
): Promise<TransactionResponse> {
  const request = await prepared(signer, rollup, name, args);
  try {
    // Not by the contract: whoever waits for its response does not hear of a replacement.
    return await signer.sendTransaction(request);
  } catch (cause) {
    const failure = l1Failure(name, cause);
    if (!isUnanswered(failure)) throw failure;
    const from = await signer.getAddress();
    throw new SheafError("L1_UNCONFIRMED", `${name}: a transaction of ${from} may have been sent: ${failure.message}`, {
      cause,
    });
  }
}

/** The transaction with the gas that it takes, if the contract would take it and the signer can pay for it. */
async function prepared(signer: Signer, rollup: string, name: string, args: readonly unknown[]) {
  try {
    const request = await new Contract(rollup, ROLLUP_ABI, signer).getFunction(name).populateTransaction(...args);
    const estimate = await signer.estimateGas(request).catch(async (error: unknown) => {
      // Some nodes say it in words of their own, others execute the call and fail somewhere.
      await requireGasMoney(signer, request);
      throw error;
    });
    const gasLimit = roomFor(estimate);
    await requireGasMoney(signer, { ...request, gasLimit });
    return { ...request, gasLimit, ...(await boundedOffer(signer)) };
  } catch (cause) {
    throw l1Failure(name, cause);
  }
}

async function mined(name: string, response: TransactionResponse): Promise<TransactionReceipt> {
  try {
    const receipt = await response.wait(1, PATIENCE);
    if (receipt !== null) return receipt;
    throw new Error("it was not mined");
  } catch (error) {
    // The same call with another fee, as wallets send it to hurry.
    const isRepriced = isError(error, "TRANSACTION_REPLACED") && error.reason === "repriced";
    if (isRepriced && error.receipt.status === 1) return error.receipt;
    const failure = l1Failure(name, error);
    if (!isUnanswered(failure)) throw failure;
    const why = isError(error, "TIMEOUT") ? `it is not mined after ${PATIENCE / 60_000} minutes` : failure.message;
    throw new SheafError("L1_UNCONFIRMED", `${name}: transaction ${response.hash} was sent; ${why}`, { cause: error });
  }
}
