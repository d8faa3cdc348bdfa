import type { Account } from "./account.ts";
import type { BatchRequest } from "./batch.ts";
import { UNUSED_SIGNATURE } from "./commitment.ts";
import { KIND, type BatchSize } from "./constants.ts";
import { amountFloat, feeFloat, type DecimalFloat } from "./float.ts";
import type { Signed, Transfer, Withdrawal } from "./operations.ts";
import type { AccountUpdate } from "./state.ts";
import type { Transition } from "./transition.ts";
import type { PublishedBatch, PublishedL1Operation } from "./words.ts";

/** A field element or an array of them, nested as the signal's dimensions are. */
export type SignalValue = bigint | readonly SignalValue[];

/** The inputs of `circuits/batch.circom` by signal name. */
export type CircuitInput = Readonly<Record<string, SignalValue>>;

/** Lays a batch out as the circuit's inputs: rows in use first, then unused ones filled with what the circuit demands. */
export function circuitInputOf(
  size: BatchSize,
  signed: Pick<BatchRequest, "withdrawals" | "transfers">,
  published: PublishedBatch,
  transition: Transition,
  alpha: bigint,
): CircuitInput {
  const { unused } = transition;
  return {
    alpha,
    domain: published.domain,
    oldRoot: published.oldRoot,
    batchNumber: BigInt(published.batchNumber),
    timestamp: BigInt(published.timestamp),
    token: BigInt(published.token),
    feeAccount: BigInt(published.feeAccount),
    ...columns("l1", size.l1Operations, transition.l1Operations.map(l1Row), unusedL1Row(unused.l1Operations)),
    ...columns(
      "withdrawal",
      size.withdrawals,
      transition.withdrawals.map(({ update }, row) => withdrawalRow(signed.withdrawals[row]!, update)),
      withdrawalRow(UNUSED_OPERATION, unused.withdrawals),
    ),
    ...columns("transfer", size.transfers, signed.transfers.map(transferRow), transferRow(UNUSED_OPERATION)),
    ...columns("slot", size.accounts, transition.slots.map(slotRow), slotRow(unused.slots)),
    ...prefixed("fee", feeRow(transition.fee)),
  };
}

type Row = Record<string, SignalValue>;

const NOBODY: Account = { pubKeyY: 0n, l1Address: 0n, token: 0, balance: 0n, nonce: 0 };

const UNUSED_OPERATION: Signed<Transfer> = {
  from: 0,
  to: 0,
  token: 0,
  amount: 0n,
  fee: 0n,
  nonce: 0,
  validUntil: 0,
  ...UNUSED_SIGNATURE,
};

function l1Row({ operation, update }: { operation: PublishedL1Operation; update: AccountUpdate }): Row {
  const { kind, index, token, l1Address } = operation;
  // A credit to an empty leaf makes the account that it names; everything else speaks of the account that is there.
  const account = update.before ?? update.after ?? NOBODY;
  return {
    Kind: BigInt(KIND[kind]),
    Index: BigInt(index),
    Token: BigInt(token),
    Address: l1Address,
    Amount: "amount" in operation ? operation.amount : 0n,
    AccountPubKeyY: account.pubKeyY,
    AccountL1Address: account.l1Address,
    AccountToken: BigInt(account.token),
    AccountNonce: BigInt(account.nonce),
    AccountBalance: update.before?.balance ?? 0n,
    AccountExists: exists(update),
    Children: update.path,
  };
}

function unusedL1Row({ path }: AccountUpdate): Row {
  return {
    Kind: 0n,
    Index: 0n,
    Token: 0n,
    Address: 0n,
    Amount: 0n,
    AccountPubKeyY: 0n,
    AccountL1Address: 0n,
    AccountToken: 0n,
    AccountNonce: 0n,
    AccountBalance: 0n,
    AccountExists: 0n,
    Children: path,
  };
}

function withdrawalRow(withdrawal: Signed<Withdrawal>, { before, path }: AccountUpdate): Row {
  const account = before ?? NOBODY;
  return {
    From: BigInt(withdrawal.from),
    Amount: withdrawal.amount,
    ...prefixed("Fee", float(feeFloat.parts(withdrawal.fee))),
    ...signedFields(withdrawal),
    L1Address: account.l1Address,
    Balance: account.balance,
    Children: path,
  };
}

function transferRow(transfer: Signed<Transfer>): Row {
  return {
    From: BigInt(transfer.from),
    To: BigInt(transfer.to),
    ...prefixed("Amount", float(amountFloat.parts(transfer.amount))),
    ...prefixed("Fee", float(feeFloat.parts(transfer.fee))),
    ...signedFields(transfer),
  };
}

function signedFields({ nonce, validUntil, publicKey, signature }: Signed<Withdrawal>): Row {
  return {
    Nonce: BigInt(nonce),
    ValidUntil: BigInt(validUntil),
    Ax: publicKey.x,
    Ay: publicKey.y,
    R8x: signature.r8.x,
    R8y: signature.r8.y,
    S: signature.s,
  };
}

function slotRow(update: AccountUpdate): Row {
  const before = update.before ?? NOBODY;
  const after = update.after ?? NOBODY;
  return {
    Index: BigInt(update.index),
    PubKeyY: before.pubKeyY,
    L1Address: before.l1Address,
    Nonce: [BigInt(before.nonce), BigInt(after.nonce)],
    Balance: [before.balance, after.balance],
    Exists: exists(update),
    Children: update.path,
  };
}

function feeRow(update: AccountUpdate): Row {
  const before = update.before ?? NOBODY;
  return {
    PubKeyY: before.pubKeyY,
    L1Address: before.l1Address,
    Nonce: BigInt(before.nonce),
    Balance: before.balance,
    Exists: exists(update),
    Children: update.path,
  };
}

const exists = ({ before }: AccountUpdate): bigint => (before === undefined ? 0n : 1n);

const float = ({ mantissa, exponent }: DecimalFloat): Row => ({ Mantissa: mantissa, Exponent: exponent });

function prefixed(prefix: string, row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [prefix + name, value]));
}

/** One array a signal, from one record a row; rows not in use are `filler`. */
function columns(prefix: string, length: number, rows: readonly Row[], filler: Row): Row {
  const column = (name: string): SignalValue => Array.from({ length }, (_, row) => (rows[row] ?? filler)[name]!);
  return Object.fromEntries(Object.keys(filler).map((name) => [prefix + name, column(name)]));
}
