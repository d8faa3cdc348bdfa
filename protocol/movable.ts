import type { Account } from "./account.ts";
import { BITS } from "./constants.ts";
import { SheafError } from "./errors.ts";
import type { Signed, Term, Withdrawal } from "./operations.ts";

/** The account at an index, if it holds the token. Throws `ACCOUNT_NOT_FOUND`, `TOKEN_WRONG`. */
export function requireHolder(account: Account | undefined, index: number, token: number): Account {
  if (account === undefined) throw new SheafError("ACCOUNT_NOT_FOUND", `there is no account at index ${index}`);
  if (account.token === token) return account;
  throw new SheafError("TOKEN_WRONG", `account ${index} holds token ${account.token}, not token ${token}`);
}

/** Throws `OPERATION_EXPIRED` unless an operation is good in a batch of a time (Unix seconds), whatever its account is. */
export function requireUnexpired({ validUntil = Infinity }: Term, time: number): void {
  if (validUntil >= time) return;
  throw new SheafError("OPERATION_EXPIRED", `valid until ${validUntil}; its batch's time is ${time} or later`);
}

/** Throws `OPERATION_EARLY` unless the time (Unix seconds) has come from which on an operation is good. */
export function requireDue({ validFrom = 0 }: Term, time: number): void {
  if (validFrom <= time) return;
  throw new SheafError("OPERATION_EARLY", `valid from ${validFrom} on; its batch's time is ${time}`);
}

/**
 * Throws unless a signed operation can be the next of the account that it names. Whether the signature is its key's is not
 * asked here, nor whether the balance suffices: within a batch that counts at its end only.
 *
 * @throws SheafError SIGNATURE_INVALID, NONCE_WRONG, NONCE_EXHAUSTED
 */
export function requireMovable(
  { pubKeyY, nonce: next }: Pick<Account, "pubKeyY" | "nonce">,
  { from, nonce, publicKey }: Pick<Signed<Withdrawal>, "from" | "nonce" | "publicKey">,
): void {
  // A reorganisation can put another's account where the signer's was.
  if (publicKey.y !== pubKeyY) {
    throw new SheafError("SIGNATURE_INVALID", `account ${from} has another key than the one that signed`);
  }
  if (nonce !== next) {
    throw new SheafError("NONCE_WRONG", `nonce is ${nonce}; the next one of account ${from} is ${next}`);
  }
  if (nonce + 1 >= 2 ** BITS.nonce) throw new SheafError("NONCE_EXHAUSTED", `account ${from} has no nonce left`);
}
