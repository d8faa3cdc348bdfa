import type { Account } from "./account.ts";
import { BITS, L1_INDEX } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { requireBits, requireField } from "./field.ts";
import { requireDue, requireMovable, requireUnexpired } from "./movable.ts";
import {
  transferMessage,
  transferPayload,
  withdrawalMessage,
  withdrawalPayload,
  type L1Operation,
  type Signed,
  type SignedOperation,
  type Withdrawal,
} from "./operations.ts";
import { L1_WORD, NUMBERS_WORD, SIGNING_DOMAIN } from "./packing.ts";
import type { BatchRequest } from "./request.ts";
import { isValidPublicKey, verifySignature } from "./signature.ts";
import type { Steps } from "./steps.ts";
import type { Transition } from "./transition.ts";

/**
 * Throws unless every value of a request has the width that it is packed into, whatever the state is: `FIELD_OUT_OF_RANGE`,
 * `AMOUNT_NOT_REPRESENTABLE` or `INDEX_RESERVED`, with the operation's place.
 */
export function requireWellFormed(request: BatchRequest): void {
  const { domain, batchNumber, timestamp, beneficiary, token, feeAccount } = request;
  requireBits("domain", domain, BITS.domain);
  requireBits("beneficiary", beneficiary, BITS.l1Address);
  // Withdrawals sign under the domain after it.
  SIGNING_DOMAIN.pack({ late: 0, token, domain: domain + 1n });
  const rows = { l1Operations: 0, withdrawals: 0, transfers: 0 };
  NUMBERS_WORD.pack({ blob: 0, batchNumber, timestamp, token, feeAccount, ...rows });
  request.l1Operations.forEach((operation, row) => at(`l1Operations[${row}]`, () => requireL1Form(operation)));
  request.withdrawals.forEach((operation, row) =>
    at(`withdrawals[${row}]`, () => requireSignedForm({ kind: "withdrawal", operation })),
  );
  request.transfers.forEach((operation, row) =>
    at(`transfers[${row}]`, () => requireSignedForm({ kind: "transfer", operation })),
  );
}

/** As `requireWellFormed`, of one signed operation. */
export function requireSignedForm({ kind, operation }: SignedOperation): void {
  requireBits("token", operation.token, BITS.token);
  if (kind === "transfer") transferPayload(operation);
  else withdrawalPayload(operation);
  requireAccountIndex("from", operation.from);
  if (kind === "transfer") requireAccountIndex("to", operation.to);
}

function requireL1Form(operation: L1Operation): void {
  const { kind, index, token, l1Address } = operation;
  L1_WORD.pack({ kind: 0, index, token, l1Address });
  if (kind === "forcedWithdrawal") return;
  requireField("pubKeyY", operation.pubKeyY);
  if (kind === "deposit") requireBits("amount", operation.amount, BITS.balance);
  requireAccountIndex("index", index);
}

function requireAccountIndex(name: string, index: number): void {
  if (index === L1_INDEX) throw new SheafError("INDEX_RESERVED", `${name} is 0, which stands for L1`);
}

/** Puts an operation's place in front of an error's message. */
function at(place: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!(cause instanceof SheafError)) throw cause;
    throw new SheafError(cause.code, `${place}: ${cause.message}`, { cause });
  }
}

/**
 * Throws, with the operation's place and a coded reason, unless every signed operation of a batch is authorised. A row at a
 * time.
 *
 * @param areVerified whether each signature is known to be its key's: then only whose key it is remains to be seen
 */
export function* authorisationSteps(request: BatchRequest, transition: Transition, areVerified: boolean): Steps<void> {
  // As they were before all withdrawals and transfers: in the first of an account's slots.
  const accounts = new Map(transition.slots.toReversed().map(({ index, before }) => [index, before!]));
  const sends = new Map<number, number>();
  const require = (place: string, operation: Signed<Withdrawal>, message: () => bigint): void => {
    const account = accounts.get(operation.from)!;
    const sent = sends.get(operation.from) ?? 0;
    sends.set(operation.from, sent + 1);
    const isSigned = (): boolean => areVerified || verifySignature(message(), operation.signature, operation.publicKey);
    const next = { ...account, nonce: account.nonce + sent };
    at(place, () => requireSigned(request, operation, next, areVerified, isSigned));
  };
  for (const [row, withdrawal] of request.withdrawals.entries()) {
    require(`withdrawals[${row}]`, withdrawal, () => withdrawalMessage(request.domain, withdrawal));
    yield;
  }
  for (const [row, transfer] of request.transfers.entries()) {
    require(`transfers[${row}]`, transfer, () => transferMessage(request.domain, transfer));
    yield;
  }
}

function requireSigned(
  request: BatchRequest,
  operation: Signed<Withdrawal>,
  account: Pick<Account, "pubKeyY" | "nonce">,
  isKeyValid: boolean,
  isSigned: () => boolean,
): void {
  const { from, token, publicKey } = operation;
  if (token !== request.token) {
    throw new SheafError("TOKEN_WRONG", `signed for token ${token}, the batch moves ${request.token}`);
  }
  if (!isKeyValid && !isValidPublicKey(publicKey)) {
    throw new SheafError("KEY_INVALID", "the key is off the curve or of low order");
  }
  requireUnexpired(operation, request.timestamp);
  requireDue(operation, request.timestamp);
  requireMovable(account, operation);
  if (!isSigned()) {
    throw new SheafError("SIGNATURE_INVALID", `the signature is not account ${from}'s on this operation`);
  }
}
