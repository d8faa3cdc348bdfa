import {
  BaseWallet,
  Contract,
  isError,
  keccak256,
  type Provider,
  type Signer,
  type TransactionReceipt,
  type TransactionRequest,
  type TransactionResponse,
} from "ethers";
import { sleep } from "../lib/sleep.ts";
import { SheafError } from "../protocol/errors.ts";
import { ROLLUP } from "./contract.ts";
import { isUnanswered, l1Failure, Reverted } from "./failure.ts";
import { roomFor } from "./gas-limit.ts";
import { requireGasMoney } from "./gas-money.ts";
import { boundedOffer } from "./gas-price.ts";
import { deedOf, lookFor, PROCESS_MEMORY, type SentMemory, type Unconfirmed } from "./unconfirmed.ts";

/** Milliseconds to wait for a transaction to be mined. */
const PATIENCE = 15 * 60_000;
/** Looks at whether what the account sent before is mined, and milliseconds between them: a node may lag for a moment. */
const [LOOKS, LOOK_MS] = [5, 1_000];

/** Hears of the hash of a transaction as soon as L1's node has taken it. */
export type OnSent = (hash: string) => void;

export interface SendOptions {
  /** Milliseconds to wait for the transaction to be mined. */
  readonly patience?: number | undefined;
  /** Where it is noted until that is known. Default: for as long as this process. */
  readonly memory?: SentMemory | undefined;
}

/**
 * Calls a function of the rollup in a transaction, and waits until it is mined. Where an earlier try of the same was not
 * seen to end, that one is looked for first, and its receipt is the answer if it is mined; and nothing is sent that could be
 * mined besides it.
 *
 * @throws SheafError `Reverted` if the contract refuses, with L1_REVERTED or the code for its state; L1_FUNDS_MISSING and
 * L1_FAILED if L1 does not take the transaction; L1_UNCONFIRMED, with its hash, if nobody can say whether it did
 */
export async function sendToRollup(
  signer: Signer,
  rollup: string,
  name: string,
  args: readonly unknown[],
  onSent: OnSent = () => undefined,
  { memory = PROCESS_MEMORY, patience = PATIENCE }: SendOptions = {},
): Promise<TransactionReceipt> {
  const from = await signer.getAddress();
  const deed = deedOf(from, rollup, name, args);
  const earlier = memory.get(deed);
  const found =
    earlier &&
    (await lookFor(signer.provider!, from, earlier).catch((error: unknown) => {
      throw l1Failure(name, error);
    }));
  if (typeof found === "object") {
    const isMined = !("wait" in found);
    memory.found?.(deed, earlier!, isMined);
    if (!isMined) onSent(found.hash);
    // It may be one that is mined already.
    const response = isMined ? await signer.provider!.getTransaction(found.hash) : (found as TransactionResponse);
    if (response !== null) return ended(memory, deed, mined(name, response, patience));
  }
  const nonce = typeof found === "number" ? found : undefined;
  if (nonce === undefined) await requireNothingWaiting(signer.provider!, name, from);
  const note = (sent: Unconfirmed): unknown => memory.set(deed, sent);
  const sending = sent(
    signer,
    { ...(await prepared(signer, rollup, name, args)), ...(nonce !== undefined && { nonce }) },
    name,
    note,
  );
  const response = await ended(memory, deed, sending);
  memory.set(deed, { hash: response.hash, nonce: response.nonce });
  onSent(response.hash);
  return ended(memory, deed, mined(name, response, patience));
}

/** Forgets a deed as soon as it is known what became of it; a success of sending says nothing. */
async function ended<T extends TransactionReceipt | TransactionResponse>(
  memory: SentMemory,
  deed: string,
  work: Promise<T>,
): Promise<T> {
  try {
    const result = await work;
    if ("status" in result) memory.delete(deed);
    return result;
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== "L1_UNCONFIRMED") memory.delete(deed);
    throw error;
  }
}

/** What waits in another's name, or was sent by another program, could be the same. Throws `L1_UNCONFIRMED`. */
async function requireNothingWaiting(provider: Provider, name: string, from: string): Promise<void> {
  for (let look = 1; ; look++) {
    const [mined, all] = await Promise.all([
      provider.getTransactionCount(from, "latest"),
      provider.getTransactionCount(from, "pending"),
    ]).catch((error: unknown) => {
      throw l1Failure(name, error);
    });
    if (all <= mined) return;
    if (look === LOOKS) {
      const which = `${all - mined} of ${from}, from nonce ${mined} on, are sent and not mined`;
      throw new SheafError("L1_UNCONFIRMED", `${name}: earlier transactions, ${which}; nothing was sent besides them`);
    }
    await sleep(LOOK_MS);
  }
}

async function sent(
  signer: Signer,
  request: TransactionRequest,
  name: string,
  note: (sent: Unconfirmed) => unknown,
): Promise<TransactionResponse> {
  // Not by the contract: whoever waits for its response does not hear of a replacement.
  if (!(signer instanceof BaseWallet)) {
    return signer.sendTransaction(request).catch(async (cause: unknown) => {
      throw unanswered(name, cause, `a transaction of ${await signer.getAddress()} may have been sent`);
    });
  }
  // The hash of what is signed here is known before anybody has it.
  let hash: string | undefined;
  try {
    const fields = await signer.populateTransaction(request);
    const signed = await signer.signTransaction(fields);
    hash = keccak256(signed);
    note({ hash, nonce: Number(fields.nonce) });
    return await signer.provider!.broadcastTransaction(signed);
  } catch (cause) {
    if (hash === undefined) throw l1Failure(name, cause);
    throw unanswered(name, cause, `transaction ${hash} may have been sent`);
  }
}

function unanswered(name: string, cause: unknown, what: string): SheafError {
  const failure = l1Failure(name, cause);
  if (!isUnanswered(failure)) return failure;
  return new SheafError("L1_UNCONFIRMED", `${name}: ${what}: ${failure.message}`, { cause });
}

/** The transaction with the gas that it takes, if the contract would take it and the signer can pay for it. */
async function prepared(signer: Signer, rollup: string, name: string, args: readonly unknown[]) {
  try {
    const request = await new Contract(rollup, ROLLUP, signer).getFunction(name).populateTransaction(...args);
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

/** Waits for a transaction. Throws as `sendToRollup`. */
export async function mined(
  name: string,
  response: TransactionResponse,
  patience = PATIENCE,
): Promise<TransactionReceipt> {
  try {
    const receipt = await response.wait(1, patience);
    if (receipt !== null) return receipt;
    throw new Error("it was not mined");
  } catch (error) {
    // The same call with another fee, as wallets send it to hurry.
    const isRepriced = isError(error, "TRANSACTION_REPLACED") && error.reason === "repriced";
    if (isRepriced && error.receipt.status === 1) return error.receipt;
    const failure = l1Failure(name, error);
    if (failure instanceof Reverted || isError(error, "TRANSACTION_REPLACED")) throw failure;
    const why = isError(error, "TIMEOUT") ? `it is not mined after ${Math.ceil(patience / 1000)} s` : failure.message;
    throw new SheafError("L1_UNCONFIRMED", `${name}: transaction ${response.hash} was sent; ${why}`, { cause: error });
  }
}
