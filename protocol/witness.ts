import type { Account } from "./account.ts";
import { blobInput } from "./blob.ts";
import { UNUSED_SIGNATURE } from "./commitment.ts";
import { KIND, type BatchSize } from "./constants.ts";
import { amountFloat, feeFloat, type DecimalFloat } from "./float.ts";
import { termOf, type Signed, type Transfer, type Withdrawal } from "./operations.ts";
import type { BatchRequest } from "./request.ts";
import type { SegmentAccess, Segmentation, TouchedNode, TouchedSegment } from "./segments.ts";
import type { AccountUpdate } from "./state.ts";
import type { Transition } from "./transition.ts";
import { transferWordsOf, type PublishedBatch, type PublishedL1Operation } from "./words.ts";

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
  { accesses, segments, nodes }: Segmentation,
  { alpha, z }: Readonly<Record<"alpha" | "z", bigint>>,
): CircuitInput {
  const l1Accesses = accesses.slice(0, size.l1Operations);
  return {
    alpha,
    blob: published.inBlob === true ? 1n : 0n,
    domain: published.domain,
    oldRoot: published.oldRoot,
    newRoot: published.newRoot,
    batchNumber: BigInt(published.batchNumber),
    timestamp: BigInt(published.timestamp),
    token: BigInt(published.token),
    feeAccount: BigInt(published.feeAccount),
    ...columns(
      "l1",
      l1Accesses.map((access, row) => l1Row(transition.l1Operations[row]?.operation, access)),
    ),
    ...columns("withdrawal", filled(signed.withdrawals, size.withdrawals, UNUSED_OPERATION).map(withdrawalRow)),
    ...columns("transfer", filled(signed.transfers, size.transfers, UNUSED_OPERATION).map(transferRow)),
    ...columns("slot", accesses.slice(size.l1Operations).map(slotRow)),
    ...columns("segment", segments.map(segmentRow)),
    ...columns("node", nodes.map(nodeRow)),
    ...inputAt(size, published, z),
  };
}

/** The inputs that a blob's point decides, without the challenge. */
export function inputAt(size: BatchSize, published: PublishedBatch, z: bigint): CircuitInput {
  const words = transferWordsOf(published);
  return { z, ...blobInput([...words, ...Array.from({ length: size.transfers / 2 - words.length }, () => 0n)], z) };
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

/** Rows in use first, then unused ones up to a capacity. */
const filled = <Row>(rows: readonly Row[], capacity: number, filler: Row): Row[] =>
  Array.from({ length: capacity }, (_, row) => rows[row] ?? filler);

const UNUSED_L1_ROW = { kind: "none", index: 0, token: 0, l1Address: 0n } as const;

function l1Row(
  operation: PublishedL1Operation | typeof UNUSED_L1_ROW = UNUSED_L1_ROW,
  { update, age }: SegmentAccess,
): Row {
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
    Age: BigInt(age),
    Children: update.path,
  };
}

function withdrawalRow(withdrawal: Signed<Withdrawal>): Row {
  return {
    From: BigInt(withdrawal.from),
    Amount: withdrawal.amount,
    ...prefixed("Fee", float(feeFloat.parts(withdrawal.fee))),
    ...signedFields(withdrawal),
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

function signedFields(operation: Signed<Withdrawal>): Row {
  const { nonce, publicKey, signature } = operation;
  const { late, second } = termOf(operation);
  return {
    Nonce: BigInt(nonce),
    ValidUntil: BigInt(second),
    Late: BigInt(late),
    Ax: publicKey.x,
    Ay: publicKey.y,
    R8x: signature.r8.x,
    R8y: signature.r8.y,
    S: signature.s,
  };
}

function slotRow({ update, age }: SegmentAccess): Row {
  const before = update.before ?? NOBODY;
  const after = update.after ?? NOBODY;
  return {
    Index: BigInt(update.index),
    PubKeyY: before.pubKeyY,
    L1Address: before.l1Address,
    Nonce: [BigInt(before.nonce), BigInt(after.nonce)],
    Balance: [before.balance, after.balance],
    Exists: exists(update),
    Age: BigInt(age),
    Children: update.path,
  };
}

function segmentRow({ active, segment, last, roots }: TouchedSegment): Row {
  return { Active: BigInt(active), Index: BigInt(segment), Last: BigInt(last), Node: roots };
}

function nodeRow({ active, label, touched, children }: TouchedNode): Row {
  const flags = touched.map((isTouched) => (isTouched ? 1n : 0n));
  return { Active: BigInt(active), Label: BigInt(label), Touched: flags, Child: children };
}

const exists = ({ before }: AccountUpdate): bigint => (before === undefined ? 0n : 1n);

const float = ({ mantissa, exponent }: DecimalFloat): Row => ({ Mantissa: mantissa, Exponent: exponent });

function prefixed(prefix: string, row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [prefix + name, value]));
}

/** One array a signal, from one record a row. */
function columns(prefix: string, rows: readonly Row[]): Row {
  return Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [prefix + name, rows.map((row) => row[name]!)]));
}
