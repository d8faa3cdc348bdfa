import { BITS, FIELD_ORDER, KIND, type BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { amountFloat, feeFloat } from "./float.ts";
import { L1_WORD, NUMBERS_WORD, TRANSFER, TRANSFERS_WORD, WITHDRAWAL_WORD, type Packing } from "./packing.ts";
import {
  layoutOf,
  readWords,
  wordsInUse,
  type PublishedBatch,
  type PublishedL1Operation,
  type PublishedTransfer,
  type PublishedWithdrawal,
} from "./words.ts";

/**
 * Reads what a batch published. Throws `WORDS_MALFORMED` unless the bytes are such as contract and circuit accept: no
 * bit beside the parts of a word, unused rows and parts 0, nothing left over.
 *
 * A float may have been published with any of its exponents; so the result may encode to other bytes.
 */
export function decodeWords(size: BatchSize, bytes: Uint8Array): PublishedBatch {
  const words = [...readWords(size, bytes)];
  const take = (count: number): bigint[] => words.splice(0, count);
  const [domain, oldRoot, newRoot, numbersWord] = take(4) as [bigint, bigint, bigint, bigint];
  const numbers = open("numbers", NUMBERS_WORD, numbersWord);
  const used = <Row extends readonly bigint[]>(
    name: "l1Operations" | "withdrawals" | "transfers",
    rows: readonly Row[],
  ): readonly Row[] => {
    const count = Number(numbers[name]);
    if (count > rows.length) throw malformed(`${count} ${name} do not fit size ${size.name}`);
    if (rows.slice(count).flat().some(Boolean)) throw malformed(`something follows the last of ${count} ${name}`);
    return rows.slice(0, count);
  };
  const l1Operations = used(
    "l1Operations",
    Array.from({ length: size.l1Operations }, () => take(3) as [bigint, bigint, bigint]),
  );
  const withdrawals = used(
    "withdrawals",
    Array.from({ length: size.withdrawals }, () => take(2) as [bigint, bigint]),
  );
  const transfers = used("transfers", words.flatMap(readTransfers));
  if (bytes.length !== bytesOf(size, transfers.length)) {
    throw malformed(`${transfers.length} transfers do not end at ${bytes.length} bytes`);
  }
  return {
    domain: below("domain", domain, 1n << BigInt(BITS.domain)),
    oldRoot: below("oldRoot", oldRoot, FIELD_ORDER),
    newRoot: below("newRoot", newRoot, FIELD_ORDER),
    batchNumber: Number(numbers.batchNumber),
    timestamp: Number(numbers.timestamp),
    token: Number(numbers.token),
    feeAccount: Number(numbers.feeAccount),
    l1Operations: l1Operations.map(readL1Operation),
    withdrawals: withdrawals.map(readWithdrawal),
    transfers: transfers.map(readTransfer),
  };
}

function bytesOf(size: BatchSize, transfers: number): number {
  const { offset, bytes } = layoutOf(size)[wordsInUse(size, transfers) - 1]!;
  return offset + bytes;
}

function readL1Operation([word, pubKeyY, amount]: readonly [bigint, bigint, bigint]): PublishedL1Operation {
  const parts = open("L1 operation", L1_WORD, word);
  const common = { index: Number(parts.index), token: Number(parts.token), l1Address: parts.l1Address };
  switch (Number(parts.kind)) {
    case KIND.deposit:
      return {
        kind: "deposit",
        ...common,
        pubKeyY: below("pubKeyY", pubKeyY, FIELD_ORDER),
        amount: readAmount(amount),
      };
    case KIND.creation:
      below("the amount of a creation", amount, 1n);
      return { kind: "creation", ...common, pubKeyY: below("pubKeyY", pubKeyY, FIELD_ORDER) };
    case KIND.forcedWithdrawal:
      below("the key of a forced withdrawal", pubKeyY, 1n);
      return { kind: "forcedWithdrawal", ...common, amount: readAmount(amount) };
    default:
      throw malformed(`an L1 operation has the kind ${parts.kind}, which does not exist`);
  }
}

function readWithdrawal([word, amount]: readonly [bigint, bigint]): PublishedWithdrawal {
  const { from, fee, l1Address } = open("withdrawal", WITHDRAWAL_WORD, word);
  return { from: Number(from), fee: feeFloat.decode(fee), l1Address, amount: readAmount(amount) };
}

function readTransfers(word: bigint): [bigint][] {
  const { even, odd } = open("transfers", TRANSFERS_WORD, word);
  return [[even], [odd]];
}

function readTransfer([packed]: readonly [bigint]): PublishedTransfer {
  const { from, to, amount, fee } = TRANSFER.unpack(packed);
  return { from: Number(from), to: Number(to), amount: amountFloat.decode(amount), fee: feeFloat.decode(fee) };
}

const readAmount = (amount: bigint): bigint => below("amount", amount, 1n << BigInt(BITS.balance));

function open<Name extends string>(name: string, packing: Packing<Name>, word: bigint): Record<Name, bigint> {
  return packing.unpack(below(`the word of ${name}`, word, 1n << BigInt(packing.bits)));
}

function below(name: string, value: bigint, limit: bigint): bigint {
  if (value >= limit) throw malformed(`${name} is ${value}; it must be below ${limit}`);
  return value;
}

const malformed = (message: string): SheafError => new SheafError("WORDS_MALFORMED", message);
