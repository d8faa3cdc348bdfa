import { isError } from "ethers";
import { SheafError, type ErrorCode } from "../protocol/errors.ts";
import { passing } from "./node-errors.ts";
import { reasonOf } from "./reason.ts";
import { revertOf, type Revert } from "./revert.ts";

// Errors of providers, signers, nodes and contracts, each in words of its own, as errors with a code.

/** Codes for what the contract refuses because of the state that it is in; for anything else `L1_REVERTED`. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  RollupFrozen: "ROLLUP_FROZEN",
  NotFrozen: "ROLLUP_NOT_FROZEN",
  NotYetFreezable: "ROLLUP_NOT_FROZEN",
  DepositsArePaused: "DEPOSITS_PAUSED",
  NothingToWithdraw: "NOTHING_TO_PULL",
  UnknownToken: "TOKEN_UNKNOWN",
  ERC20InsufficientBalance: "BALANCE_INSUFFICIENT",
};

/** Why a transaction failed that the contract would have taken when it was sent. L1 keeps no reason. */
export const IN_VAIN = "mined in vain";

/** A call that the contract refused. */
export class Reverted extends SheafError {
  /** The name of its custom error, `IN_VAIN`, or nothing where the node does not tell. */
  readonly reason: string;
  /** The error's bytes, where the node tells them: where matchers of tests look for them. */
  readonly data: string | undefined;

  constructor(message: string, reason: string, cause: unknown, data?: string) {
    super(REFUSALS[reason] ?? "L1_REVERTED", message, { cause });
    this.reason = reason;
    this.data = data;
  }
}

/** Wordings of Geth, Erigon, Nethermind, Besu, Reth, Anvil and Hardhat. */
const FUNDS =
  /insufficient (funds|balance)|enough funds|(upfront|up-front) cost|exceeds (the )?(account )?balance|out of fund/i;
const NONCE =
  /nonce.{0,20}(too low|expired|already|used)|(too low|old).{0,10}nonce|already (known|imported)|underpriced/i;
const FEE = /fee.{0,30}(less than|below|lower than|too low)|below.{0,20}base fee|transaction fee.{0,20}(too low|cap)/i;
const NETWORK = /ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT|EPIPE|socket|fetch failed|network|timeout|timed out/i;

/**
 * What went wrong on L1, as one of Sheaf's errors; those it leaves as they are.
 *
 * @param what was tried, as the beginning of the message
 */
export function l1Failure(what: string, cause: unknown): SheafError {
  if (cause instanceof SheafError) return cause;
  const revert = revertOf(cause);
  if (revert !== undefined)
    return new Reverted(`${what}: the contract answers ${described(revert)}`, revert.name, cause, revert.data);
  // A replacement that is the same but for its fee, and was mined without success.
  const isRepriced = isError(cause, "TRANSACTION_REPLACED") && cause.reason === "repriced";
  if (isRepriced || isError(cause, "CALL_EXCEPTION") || /revert/i.test(reasonOf(cause))) {
    const hasReceipt = typeof cause === "object" && cause !== null && "receipt" in cause && cause.receipt != null;
    const [reason, why] = hasReceipt
      ? [IN_VAIN, `: ${IN_VAIN}, for lack of gas or because another came first`]
      : ["", ""];
    return new Reverted(`${what}: the contract refused${why}`, reason, cause);
  }
  const [code, reason] = classified(cause);
  return new SheafError(code, `${what}: ${reason}`, { cause });
}

/** Whether nobody knows if the node has got what it was sent. */
export const isUnanswered = ({ code }: SheafError): boolean => code === "NETWORK_UNREACHABLE";

function classified(cause: unknown): readonly [ErrorCode, string] {
  const reason = reasonOf(cause);
  if (isError(cause, "INSUFFICIENT_FUNDS") || FUNDS.test(reason)) return ["L1_FUNDS_MISSING", reason];
  if (isError(cause, "ACTION_REJECTED")) return ["L1_FAILED", "the signer's owner declined"];
  if (isError(cause, "TRANSACTION_REPLACED")) {
    return ["L1_FAILED", `transaction ${cause.hash} was replaced by another of the account, ${cause.replacement.hash}`];
  }
  if (isError(cause, "NONCE_EXPIRED") || isError(cause, "REPLACEMENT_UNDERPRICED") || NONCE.test(reason)) {
    return ["L1_FAILED", `another transaction of the account has its nonce, perhaps a pending one: ${reason}`];
  }
  if (FEE.test(reason)) return ["L1_FAILED", `L1's fees rose meanwhile: ${reason}`];
  const mayPass = passing("", { code: numberIn(cause), message: reason });
  if (mayPass !== undefined) return [mayPass, reason];
  const isNetworks = isError(cause, "NETWORK_ERROR") || isError(cause, "SERVER_ERROR") || isError(cause, "TIMEOUT");
  if (isNetworks || NETWORK.test(reason)) return ["NETWORK_UNREACHABLE", `the L1 node does not answer: ${reason}`];
  return ["L1_FAILED", reason];
}

/** The code that a node answered with, or its gateway; 0 if there is none. */
function numberIn(cause: unknown): number {
  const { error, code } = (cause ?? {}) as { readonly error?: { readonly code?: unknown }; readonly code?: unknown };
  return Number(error?.code ?? code) || 0;
}

/** What the contract's errors mean, for those that people meet. */
const MEANINGS: Readonly<Record<string, string>> = {
  ZeroAmount: "the amount is 0",
  RollupFrozen: "the rollup is frozen for good",
  NotFrozen: "the rollup is not frozen",
  NotYetFreezable: "nothing in its queue has waited that long",
  DepositsArePaused: "its owner takes no deposits for now",
  NothingToWithdraw: "nothing of the token is there to be paid out",
  BooksEmpty: "of the token itself the rollup has nothing left",
  UnknownToken: "the rollup has no such token",
  InsufficientValue: "the queue's fee has risen meanwhile",
  TokenTotalTooLarge: "the rollup would hold more of the token than it can count",
  AlreadyExited: "the account has left already",
  WrongPath: "the last root's tree has no such account there",
  AlreadyRefunded: "the deposit was given back already",
  ERC20InsufficientBalance: "the L1 account has less of the token than that",
};

const described = ({ name, text }: Revert): string =>
  MEANINGS[name] === undefined ? text : `${text}: ${MEANINGS[name]}`;
