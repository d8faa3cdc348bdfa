import { sameOwner, type Account } from "../../protocol/account.ts";
import { SheafError } from "../../protocol/errors.ts";
import { requireDue, requireHolder, requireMovable, requireUnexpired } from "../../protocol/movable.ts";
import type { Creation } from "../../protocol/operations.ts";
import type { PooledSigned, Reason } from "./operation.ts";

type Signed = PooledSigned["accepted"];

/** An account as it is opened. */
export const openedBy = ({ pubKeyY, l1Address, token }: Creation): Account => {
  return { pubKeyY, l1Address, token, balance: 0n, nonce: 0 };
};

/** The accounts as they are once everything that waits is done, one operation after the other. */
export class Projection {
  readonly #base: { account(index: number): Account | undefined };
  readonly #changed = new Map<number, Account>();

  /** @param base the state that what waits meets; it must not change */
  constructor(base: { account(index: number): Account | undefined }) {
    this.#base = base;
  }

  account(index: number): Account | undefined {
    return this.#changed.get(index) ?? this.#base.account(index);
  }

  open(creation: Creation): void {
    if (this.account(creation.index) === undefined) this.#changed.set(creation.index, openedBy(creation));
  }

  /**
   * Whether the operation, whose signature is its key's, can come next, in a batch of a time (Unix seconds).
   *
   * @throws SheafError ACCOUNT_NOT_FOUND, ACCOUNT_MISMATCH, SIGNATURE_INVALID, TOKEN_WRONG, NONCE_WRONG,
   * NONCE_EXHAUSTED, OPERATION_EXPIRED, OPERATION_EARLY, BALANCE_INSUFFICIENT
   */
  require(accepted: Signed, time: number): void {
    const { from, token, amount, fee } = accepted.operation;
    // First, as it is so for good, whatever becomes of the account.
    requireUnexpired(accepted.operation, time);
    const sender = this.#holder(from, token);
    requireMovable(sender, accepted.operation);
    if (accepted.kind === "transfer") this.#requirePayee(accepted);
    requireDue(accepted.operation, time);
    if (sender.balance < amount + fee) {
      const owned = `account ${from} has ${sender.balance} base units, after what waits`;
      throw new SheafError("BALANCE_INSUFFICIENT", `${owned}; amount and fee are ${amount + fee}`);
    }
  }

  /** Why an operation cannot come next, in a batch of a time; `undefined` if it can. */
  objection(accepted: Signed, time: number): Reason | undefined {
    try {
      this.require(accepted, time);
      return undefined;
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      return { code: error.code, message: error.message };
    }
  }

  /** Does an operation that can come next. */
  apply(accepted: Signed): void {
    const { kind, operation } = accepted;
    this.reserve(accepted);
    if (kind !== "transfer") return;
    const { amount } = operation;
    const recipient = this.account(operation.to)!;
    this.#changed.set(operation.to, { ...recipient, balance: recipient.balance + amount });
  }

  /** Takes what an operation costs from its sender, and its nonce; nobody has it yet. */
  reserve({ operation: { from, amount, fee } }: Signed): void {
    const sender = this.account(from)!;
    this.#changed.set(from, { ...sender, balance: sender.balance - amount - fee, nonce: sender.nonce + 1 });
  }

  #requirePayee({ operation: { to, token }, payee }: Extract<Signed, { kind: "transfer" }>): void {
    const recipient = this.#holder(to, token);
    if (payee === undefined || sameOwner(recipient, payee)) return;
    throw new SheafError("ACCOUNT_MISMATCH", `the account at index ${to} is not the one that it was at signing`);
  }

  #holder(index: number, token: number): Account {
    return requireHolder(this.account(index), index, token);
  }
}
