import { SheafError } from "./errors.ts";
import { amountFloat, feeFloat } from "./float.ts";
import { SIGNING_DOMAIN, TRANSFER, TRANSFER_PAYLOAD, WITHDRAWAL_PAYLOAD } from "./packing.ts";
import { poseidon } from "./poseidon.ts";
import type { AffinePoint, PrivateKey, Signature } from "./signature.ts";

/**
 * When a batch may hold an operation, by the batch's timestamp: until a second or from one on, Unix time, u40. One of the two
 * is signed.
 */
export type Term =
  /** The last second. */
  | { readonly validUntil: number; readonly validFrom?: never }
  /** The first second, after which the operation is good for ever. */
  | { readonly validFrom: number; readonly validUntil?: never };

/** What every signed operation says, besides its term. Amounts and fees are exact base units of `token`. */
interface SignedFields {
  /** Index of the account that pays: u32, not 0. */
  readonly from: number;
  /** Token of the account: u16. It is signed as part of the domain. */
  readonly token: number;
  readonly amount: bigint;
  /** Representable as a fee float. */
  readonly fee: bigint;
  /** The account's nonce before this operation: u32. */
  readonly nonce: number;
}

/** Takes `amount` (an exact u128) out of the rollup, to the account's L1 address. */
export type Withdrawal = SignedFields & Term;

/** Moves `amount` (an amount float) from `from` to `to`, and `fee` to the batch's fee account. */
export type Transfer = Withdrawal & {
  /** Index of the account that receives: u32, not 0. */
  readonly to: number;
};

/** An operation with its signature and the whole key, of which the account stores the y-coordinate. */
export type Signed<Operation> = Operation & { readonly publicKey: AffinePoint; readonly signature: Signature };

/** A signed operation of either kind. */
export type SignedOperation =
  | { readonly kind: "transfer"; readonly operation: Signed<Transfer> }
  | { readonly kind: "withdrawal"; readonly operation: Signed<Withdrawal> };

/** Paid in on L1: credits the account `(pubKeyY, l1Address, token)` at `index`, or creates it there. */
export interface Deposit {
  readonly kind: "deposit";
  readonly index: number;
  readonly pubKeyY: bigint;
  readonly l1Address: bigint;
  readonly token: number;
  readonly amount: bigint;
}

/** Puts an account with balance and nonce 0 on an empty leaf. Authorised by nobody: it moves nothing. */
export interface Creation {
  readonly kind: "creation";
  readonly index: number;
  readonly pubKeyY: bigint;
  readonly l1Address: bigint;
  readonly token: number;
}

/** Asked for on L1 by `l1Address`: the whole balance at `index` leaves if address and token are the account's. */
export interface ForcedWithdrawal {
  readonly kind: "forcedWithdrawal";
  readonly index: number;
  readonly l1Address: bigint;
  readonly token: number;
}

export type L1Operation = Deposit | Creation | ForcedWithdrawal;

/** The 124 bits of a transfer as they are signed and published. */
export function packTransfer({ from, to, amount, fee }: Pick<Transfer, "from" | "to" | "amount" | "fee">): bigint {
  return TRANSFER.pack({ from, to, amount: amountFloat.encode(amount), fee: feeFloat.encode(fee) });
}

/**
 * A term as it is signed: its second stands in the payload, and `late`, in the signing domain, says that it is the first one.
 *
 * @throws SheafError FIELD_INVALID if it has both
 */
export function termOf({ validUntil, validFrom }: Term): { readonly late: 0 | 1; readonly second: number } {
  if (validFrom === undefined) return { late: 0, second: validUntil };
  if (validUntil === undefined) return { late: 1, second: validFrom };
  throw new SheafError("FIELD_INVALID", "an operation has either validUntil or validFrom, not both");
}

/** What a transfer's signature covers besides the domain. Throws if a field does not fit its width or float. */
export function transferPayload(transfer: Transfer): bigint {
  const { second: validUntil } = termOf(transfer);
  return TRANSFER_PAYLOAD.pack({ validUntil, nonce: transfer.nonce, transfer: packTransfer(transfer) });
}

/** What a withdrawal's signature covers besides the domain. Throws if a field does not fit its width or float. */
export function withdrawalPayload(withdrawal: Withdrawal): bigint {
  const { from, amount, fee, nonce } = withdrawal;
  const { second: validUntil } = termOf(withdrawal);
  return WITHDRAWAL_PAYLOAD.pack({ validUntil, amount, nonce, fee: feeFloat.encode(fee), from });
}

/** The message of a transfer's signature: `P_2(domain + token * 2^232 + late * 2^248, payload)`. */
export function transferMessage(domain: bigint, transfer: Transfer): bigint {
  return poseidon([signingDomain(domain, transfer), transferPayload(transfer)]);
}

/** The message of a withdrawal's signature: `P_2(domain + 1 + token * 2^232 + late * 2^248, payload)`. */
export function withdrawalMessage(domain: bigint, withdrawal: Withdrawal): bigint {
  return poseidon([signingDomain(domain + 1n, withdrawal), withdrawalPayload(withdrawal)]);
}

function signingDomain(domain: bigint, operation: Withdrawal): bigint {
  const { late } = termOf(operation);
  return SIGNING_DOMAIN.pack({ late, token: operation.token, domain });
}

/** The message of a signed operation's signature, which tells it from every other: an operation's identity. */
export function messageOf(domain: bigint, { kind, operation }: SignedOperation): bigint {
  return kind === "transfer" ? transferMessage(domain, operation) : withdrawalMessage(domain, operation);
}

export function signTransfer(key: PrivateKey, domain: bigint, transfer: Transfer): Signed<Transfer> {
  return { ...transfer, publicKey: key.publicKey, signature: key.sign(transferMessage(domain, transfer)) };
}

export function signWithdrawal(key: PrivateKey, domain: bigint, withdrawal: Withdrawal): Signed<Withdrawal> {
  return { ...withdrawal, publicKey: key.publicKey, signature: key.sign(withdrawalMessage(domain, withdrawal)) };
}
