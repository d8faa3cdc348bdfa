import type { Account } from "./account.ts";
import { BITS, L1_INDEX } from "./constants.ts";
import { SheafError } from "./errors.ts";
import type { L1Operation } from "./operations.ts";
import type { AccountUpdate, RollupState } from "./state.ts";
import type { PublishedBatch, PublishedL1Operation, PublishedTransfer, PublishedWithdrawal } from "./words.ts";

/** What moves the state: a batch without its envelope, and without what follows from the state. */
export interface Movements extends Pick<PublishedBatch, "token" | "feeAccount" | "transfers"> {
  readonly l1Operations: readonly L1Operation[];
  readonly withdrawals: readonly Omit<PublishedWithdrawal, "l1Address">[];
}

/** Every account update of a batch, by phase and in the circuit's order. */
export interface Transition {
  /** What an unused row of each phase proves, after the rows in use: that index 0 is empty. */
  readonly unused: { readonly [phase in "l1Operations" | "withdrawals" | "slots"]: AccountUpdate };
  readonly l1Operations: readonly { readonly operation: PublishedL1Operation; readonly update: AccountUpdate }[];
  readonly withdrawals: readonly { readonly withdrawal: PublishedWithdrawal; readonly update: AccountUpdate }[];
  /** One update for each account that transfers touch. */
  readonly slots: readonly AccountUpdate[];
  readonly fee: AccountUpdate;
}

/**
 * The state transition of a batch: L1 operations, then withdrawals, then all transfers at once, then the fees.
 * Transfers are netted: only the balance after all of them must not be negative. Advances `state`; on an error the
 * state is left half-way, so callers pass a fork.
 */
export function applyMovements(state: RollupState, movements: Movements): Transition {
  const { token } = movements;
  const unusedRow = (): AccountUpdate => state.update(L1_INDEX, undefined);
  const l1Operations = movements.l1Operations.map((operation) => applyL1Operation(state, operation));
  const unusedL1 = unusedRow();
  const withdrawals = movements.withdrawals.map((withdrawal) => applyWithdrawal(state, withdrawal, token));
  const unusedWithdrawal = unusedRow();
  const slots = [...netTransfers(movements.transfers)].map(([index, net]) => {
    const account = holderOf(state, index, token);
    return state.update(index, spend(index, credit(index, account, net.change), net.sends));
  });
  const unusedSlot = unusedRow();
  const fee = applyFees(state, movements.feeAccount, token, totalFees(movements));
  const unused = { l1Operations: unusedL1, withdrawals: unusedWithdrawal, slots: unusedSlot };
  return { unused, l1Operations, withdrawals, slots, fee };
}

/** The sum of all fees of a batch, withdrawals' included, in base units of its token. */
export function totalFees({
  withdrawals,
  transfers,
}: { [rows in "withdrawals" | "transfers"]: readonly { fee: bigint }[] }): bigint {
  return [...withdrawals, ...transfers].reduce((sum, { fee }) => sum + fee, 0n);
}

function applyL1Operation(state: RollupState, operation: L1Operation): Transition["l1Operations"][number] {
  const { kind, index, l1Address, token } = operation;
  const account = state.account(index);
  if (kind === "forcedWithdrawal") {
    // A request that does not match its account is proven to move nothing: the queue must go on.
    const matches = account !== undefined && account.l1Address === l1Address && account.token === token;
    const amount = matches ? account.balance : 0n;
    const update = state.update(index, account && { ...account, balance: account.balance - amount });
    return { operation: { kind, index, l1Address, token, amount }, update };
  }
  if (index === L1_INDEX)
    throw new SheafError("INDEX_RESERVED", `a ${kind} names index 0, which never holds an account`);
  const { pubKeyY } = operation;
  if (account === undefined) {
    const balance = kind === "deposit" ? operation.amount : 0n;
    return { operation, update: state.update(index, { pubKeyY, l1Address, token, balance, nonce: 0 }) };
  }
  if (kind === "creation") throw new SheafError("ACCOUNT_EXISTS", `index ${index} holds an account already`);
  if (account.pubKeyY !== pubKeyY || account.l1Address !== l1Address || account.token !== token) {
    throw new SheafError("ACCOUNT_MISMATCH", `the account at index ${index} is not the one that the deposit names`);
  }
  return { operation, update: state.update(index, credit(index, account, operation.amount)) };
}

function applyWithdrawal(
  state: RollupState,
  { from, amount, fee }: Movements["withdrawals"][number],
  token: number,
): Transition["withdrawals"][number] {
  const account = holderOf(state, from, token);
  const update = state.update(from, spend(from, credit(from, account, -amount - fee), 1));
  return { withdrawal: { from, amount, fee, l1Address: account.l1Address }, update };
}

function applyFees(state: RollupState, index: number, token: number, fees: bigint): AccountUpdate {
  if (fees === 0n) return state.update(index, state.account(index));
  try {
    return state.update(index, credit(index, holderOf(state, index, token), fees));
  } catch (cause) {
    throw new SheafError("FEE_ACCOUNT_INVALID", `account ${index} cannot take the fees, ${fees} of token ${token}`, {
      cause,
    });
  }
}

/** Each touched account's change of balance and number of sends, in the order of first appearance. */
function netTransfers(transfers: readonly PublishedTransfer[]): Map<number, { change: bigint; sends: number }> {
  const nets = new Map<number, { change: bigint; sends: number }>();
  const add = (index: number, change: bigint, sends: number): void => {
    const net = nets.get(index) ?? { change: 0n, sends: 0 };
    nets.set(index, { change: net.change + change, sends: net.sends + sends });
  };
  for (const { from, to, amount, fee } of transfers) {
    add(from, -amount - fee, 1);
    // Receiving nothing touches nothing, so that it needs neither an account nor a slot.
    if (amount > 0n) add(to, amount, 0);
  }
  return nets;
}

function holderOf(state: RollupState, index: number, token: number): Account {
  const account = state.account(index);
  if (account === undefined) throw new SheafError("ACCOUNT_NOT_FOUND", `there is no account at index ${index}`);
  if (account.token !== token) {
    throw new SheafError(
      "TOKEN_WRONG",
      `account ${index} holds token ${account.token}, the batch moves token ${token}`,
    );
  }
  return account;
}

function credit(index: number, account: Account, change: bigint): Account {
  const balance = account.balance + change;
  if (balance < 0n) {
    throw new SheafError("BALANCE_INSUFFICIENT", `account ${index} would end ${-balance} base units below zero`);
  }
  if (balance >> BigInt(BITS.balance) > 0n) {
    throw new SheafError("BALANCE_OVERFLOW", `account ${index} would hold ${balance} base units`);
  }
  return { ...account, balance };
}

function spend(index: number, account: Account, sends: number): Account {
  const nonce = account.nonce + sends;
  if (nonce >= 2 ** BITS.nonce) throw new SheafError("NONCE_EXHAUSTED", `account ${index} has no nonce left`);
  return { ...account, nonce };
}
