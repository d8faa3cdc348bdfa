import * as z from "zod";
import type { SignedOperation } from "../api/client.ts";
import { signedOperation } from "../api/schemas.ts";
import { SheafError } from "../protocol/errors.ts";
import { amountFloat, feeFloat } from "../protocol/float.ts";
import { elementToHex, parseFields } from "../protocol/json-fields.ts";
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
  const operation: SignedOperation =
    to === undefined
      ? { kind: "withdrawal", ...signWithdrawal(key, domain, withdrawal) }
      : { kind: "transfer", ...signTransfer(key, domain, { ...withdrawal, to }) };
  return { operation, id: idOf(domain, operation) };
}

/** The id that an operation has everywhere. */
export const idOf = (domain: bigint, operation: SignedOperation): string =>
  elementToHex(
    operation.kind === "transfer" ? transferMessage(domain, operation) : withdrawalMessage(domain, operation),
  );

/** A signed operation as a text, to be kept or handed on. */
export const writeOperation = (operation: SignedOperation): string =>
  JSON.stringify(z.encode(signedOperation, operation));

/** Reads what `writeOperation` wrote, whoever it comes from. Throws `JSON_MALFORMED`, `FIELD_INVALID`. */
export function readOperation(text: string): SignedOperation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SheafError("JSON_MALFORMED", `the signed operation is not JSON: ${(cause as Error).message}`, { cause });
  }
  return parseFields("the signed operation", signedOperation, value);
}
