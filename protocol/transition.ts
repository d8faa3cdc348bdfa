import type { Account } from "./account.ts";
import { BITS, L1_INDEX, type BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { requireHolder } from "./movable.ts";
import type { L1Operation } from "./operations.ts";
import type { AccountUpdate, RollupState } from "./state.ts";
import { finish, type Steps } from "./steps.ts";
import type { PublishedBatch, PublishedL1Operation, PublishedWithdrawal } from "./words.ts";

/** What moves the state: a batch without its envelope, and without what follows from the state. */
export interface Movements extends Pick<PublishedBatch, "token" | "feeAccount" | "transfers"> {
  readonly l1Operations: readonly L1Operation[];
  readonly withdrawals: readonly Omit<PublishedWithdrawal, "l1Address">[];
}

/** Every account update of a batch, by phase and in the circuit's order. */
export interface Transition {
  /** What an unused row of each phase proves, after the rows in use: that index 0 is empty. */
  readonly unused: { readonly [phase in "l1Operations" | "slots"]: AccountUpdate };
  readonly l1Operations: readonly { readonly operation: PublishedL1Operation; readonly update: AccountUpdate }[];
  readonly withdrawals: readonly PublishedWithdrawal[];
  /**
   * An update for each withdrawal, in their order, then one for each other account that transfers or fees touch. The
   * first of an account's makes the whole change, any other none.
   */
  readonly slots: readonly AccountUpdate[];
}

/**
 * The state transition of a batch: L1 operations, then all withdrawals, transfers and fees at once. These are netted:
 * only the balance after all of them must not be negative. Advances `state`; on an error the state is left half-way, so
 * callers pass a fork.
 */
export function applyMovements(state: RollupState, movements: Movements): Transition {
  return finish(movementSteps(state, movements));
}

/** As `applyMovements`, an account at a time. */
export function* movementSteps(state: RollupState, movements: Movements): Steps<Transition> {
  const { token } = movements;
  const unusedRow = (): AccountUpdate => state.update(L1_INDEX, undefined);
  const l1Operations: Transition["l1Operations"][number][] = [];
  for (const operation of movements.l1Operations) {
    l1Operations.push(applyL1Operation(state, operation));
    yield;
  }
  const unusedL1 = unusedRow();
  const nets = netMovements(movements);
  const touched = slotIndexes(movements, nets);
  // All accounts are looked up before any balance is: an account may lack something because another one is absent.
  for (const index of touched) ofFees(nets.get(index)!, index, () => requireHolder(state.account(index), index, token));
  const slots: AccountUpdate[] = [];
  for (const index of touched) {
    const net = nets.get(index)!;
    nets.set(index, NO_CHANGE);
    slots.push(ofFees(net, index, () => settle(state, index, net)));
    yield;
  }
  const unusedSlot = unusedRow();
  const withdrawals = movements.withdrawals.map(({ from, amount, fee }, row) => {
    return { from, amount, fee, l1Address: slots[row]!.before!.l1Address };
  });
  return { unused: { l1Operations: unusedL1, slots: unusedSlot }, l1Operations, withdrawals, slots };
}

/** A transition's account updates, one for each row and slot of a size: in use or not. */
export function updatesOf(size: BatchSize, { unused, l1Operations, slots }: Transition): AccountUpdate[] {
  const idle = (count: number, update: AccountUpdate): AccountUpdate[] => Array.from({ length: count }, () => update);
  return [
    ...l1Operations.map(({ update }) => update),
    ...idle(size.l1Operations - l1Operations.length, unused.l1Operations),
    ...slots,
    ...idle(size.accounts - slots.length, unused.slots),
  ];
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
  const update = state.update(index, afterL1Operation(state.account(index), operation));
  if (kind !== "forcedWithdrawal") return { operation, update };
  const { before, after } = update;
  const amount = before === undefined ? 0n : before.balance - after!.balance;
  return { operation: { kind, index, l1Address, token, amount }, update };
}

/** The account at an L1 operation's index after it; `account` is the one before it. Throws where no batch can have it. */
export function afterL1Operation(account: Account | undefined, operation: L1Operation): Account | undefined {
  const { kind, index, l1Address, token } = operation;
  if (kind === "forcedWithdrawal") {
    // A request that does not match its account is proven to move nothing: the queue must go on.
    const matches = account !== undefined && account.l1Address === l1Address && account.token === token;
    return matches ? { ...account, balance: 0n } : account;
  }
  if (index === L1_INDEX)
    throw new SheafError("INDEX_RESERVED", `a ${kind} names index 0, which never holds an account`);
  const { pubKeyY } = operation;
  if (account === undefined) {
    const balance = kind === "deposit" ? operation.amount : 0n;
    return { pubKeyY, l1Address, token, balance, nonce: 0 };
  }
  if (kind === "creation") throw new SheafError("ACCOUNT_EXISTS", `index ${index} holds an account already`);
  if (account.pubKeyY !== pubKeyY || account.l1Address !== l1Address || account.token !== token) {
    throw new SheafError("ACCOUNT_MISMATCH", `the account at index ${index} is not the one that the deposit names`);
  }
  return credit(index, account, operation.amount);
}

/** What withdrawals, transfers and fees do to one account. */
interface Net {
  readonly change: bigint;
  readonly sends: number;
  /** No operation names the account. */
  readonly onlyFees?: boolean;
}

const NO_CHANGE: Net = { change: 0n, sends: 0 };

/** What each touched account's balance changes by and how many operations it signed, in the order of first appearance. */
function netMovements(movements: Movements): Map<number, Net> {
  const nets = new Map<number, Net>();
  const add = (index: number, change: bigint, sends: number): void => {
    const net = nets.get(index) ?? NO_CHANGE;
    nets.set(index, { ...net, change: net.change + change, sends: net.sends + sends });
  };
  for (const { from, amount, fee } of movements.withdrawals) add(from, -amount - fee, 1);
  for (const { from, to, amount, fee } of movements.transfers) {
    add(from, -amount - fee, 1);
    // Receiving nothing touches nothing, so that it needs neither an account nor a slot.
    if (amount > 0n) add(to, amount, 0);
  }
  const fees = totalFees(movements);
  if (fees > 0n) {
    if (!nets.has(movements.feeAccount)) nets.set(movements.feeAccount, { ...NO_CHANGE, onlyFees: true });
    add(movements.feeAccount, fees, 0);
  }
  return nets;
}

/** The accounts of a batch's slots: slot i is withdrawal i's; then come all others that are touched. */
export function slotIndexes(
  movements: Movements,
  nets: ReadonlyMap<number, unknown> = netMovements(movements),
): number[] {
  const withdrawing = movements.withdrawals.map(({ from }) => from);
  const others = new Set(nets.keys());
  for (const index of withdrawing) others.delete(index);
  return [...withdrawing, ...others];
}

function settle(state: RollupState, index: number, { change, sends }: Net): AccountUpdate {
  return state.update(index, spend(index, credit(index, state.account(index)!, change), sends));
}

/** Says of an error that it is the fee account's, if nothing but fees touches the account. */
function ofFees<Result>({ change, onlyFees }: Net, index: number, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    if (onlyFees !== true) throw cause;
    throw new SheafError("FEE_ACCOUNT_INVALID", `account ${index} cannot take the fees, ${change} base units`, {
      cause,
    });
  }
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
