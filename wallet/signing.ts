import type { NodeClient, SignedOperation } from "../api/client.ts";
import { SheafError } from "../protocol/errors.ts";
import { amountFloat, feeFloat } from "../protocol/float.ts";
import {
  signTransfer,
  signWithdrawal,
  transferMessage,
  withdrawalMessage,
  type Transfer,
  type Withdrawal,
} from "../protocol/operations.ts";
import type { PrivateKey } from "../protocol/signature.ts";
import { pause } from "./pause.ts";
import { Sent } from "./sent.ts";

/** What a transfer (which has a `to`) or a withdrawal shall do; the nonce is found when it is sent. */
export type Draft = Omit<Withdrawal, "nonce"> & Partial<Pick<Transfer, "to">>;

/** Throws `AMOUNT_NOT_REPRESENTABLE`, which names the nearest, before anything is signed. */
export function requireRepresentable({ to, amount, fee }: Pick<Draft, "to" | "amount" | "fee">): void {
  feeFloat.parts(fee);
  if (to !== undefined) amountFloat.parts(amount);
}

/** Signs an operation, and the id that it then has everywhere. */
export function signDraft(key: PrivateKey, domain: bigint, nonce: number, { to, ...fields }: Draft) {
  const withdrawal: Withdrawal = { ...fields, nonce };
  if (to === undefined) {
    const operation: SignedOperation = { kind: "withdrawal", ...signWithdrawal(key, domain, withdrawal) };
    return { operation, id: idOf(withdrawalMessage(domain, withdrawal)) };
  }
  const transfer: Transfer = { ...withdrawal, to };
  const operation: SignedOperation = { kind: "transfer", ...signTransfer(key, domain, transfer) };
  return { operation, id: idOf(transferMessage(domain, transfer)) };
}

const idOf = (message: bigint): string => `0x${message.toString(16).padStart(64, "0")}`;

/** What may pass by itself, soon: then the same operation is submitted again, which the node takes in once. */
const MAY_PASS: readonly string[] = ["SERVICE_UNREACHABLE", "SERVICE_BUSY", "RATE_LIMITED"];
/** The node counts requests over ten seconds. */
const [ATTEMPTS, AGAIN_MS] = [7, 2_000];

/** Submits an operation. Throws the node's code if it refuses, and the nonce is free again. */
export async function submit(node: NodeClient, { operation, id }: ReturnType<typeof signDraft>): Promise<Sent> {
  for (let attempt = 1; ; attempt++) {
    try {
      await node.submit(operation);
      return new Sent(node, id);
    } catch (error) {
      const mayPass = error instanceof SheafError && MAY_PASS.includes(error.code);
      if (!mayPass || attempt === ATTEMPTS) throw error;
      await pause(AGAIN_MS);
    }
  }
}
