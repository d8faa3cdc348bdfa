import type { SignedOperation } from "../api/client.ts";
import { amountFloat, feeFloat } from "../protocol/float.ts";
import { elementToHex } from "../protocol/json-fields.ts";
import {
  signTransfer,
  signWithdrawal,
  transferMessage,
  withdrawalMessage,
  type Term,
  type Transfer,
  type Withdrawal,
} from "../protocol/operations.ts";
import type { PrivateKey } from "../protocol/signature.ts";
import type { Signed } from "./submitting.ts";

/** What a transfer (which has a `to`) or a withdrawal shall do; the nonce is found when it is sent. */
export type Draft = Omit<Withdrawal, "nonce" | keyof Term> & Term & Partial<Pick<Transfer, "to">>;

/** Throws `AMOUNT_NOT_REPRESENTABLE`, which names the nearest, before anything is signed. */
export function requireRepresentable({ to, amount, fee }: Pick<Draft, "to" | "amount" | "fee">): void {
  feeFloat.parts(fee);
  if (to !== undefined) amountFloat.parts(amount);
}

/** Signs an operation, and the id that it then has everywhere. */
export function signDraft(key: PrivateKey, domain: bigint, nonce: number, { to, ...fields }: Draft): Signed {
  const withdrawal: Withdrawal = { ...fields, nonce };
  if (to === undefined) {
    const operation: SignedOperation = { kind: "withdrawal", ...signWithdrawal(key, domain, withdrawal) };
    return { operation, id: elementToHex(withdrawalMessage(domain, withdrawal)) };
  }
  const transfer: Transfer = { ...withdrawal, to };
  const operation: SignedOperation = { kind: "transfer", ...signTransfer(key, domain, transfer) };
  return { operation, id: elementToHex(transferMessage(domain, transfer)) };
}
