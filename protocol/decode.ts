import { BITS, FIELD_ORDER, KIND, type BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { amountFloat, feeFloat } from "./float.ts";
import { L1_WORD, NUMBERS_WORD, TRANSFER, TRANSFERS_WORD, WITHDRAWAL_WORD, type Packing } from "./packing.ts";
import {
  readPublished,
  transferWords,
  type PublishedBatch,
  type PublishedL1Operation,
  type PublishedTransfer,
  type PublishedWithdrawal,
} from "./words.ts";

/**
 * Reads what a batch published. Throws `WORDS_MALFORMED` unless the bytes are such as contract and circuit accept: no
 * bit beside the parts of a word, unused parts 0, as many rows as the counts say, nothing left over.
 *
 * A float may have been published with any of its exponents; so the result may encode to other bytes.
 *
 * @param blobWords the transfers' words, if they are not among the bytes: a batch's coefficients of its blob's polynomial
 */
export function decodeWords(size: BatchSize, bytes: Uint8Array, blobWords: readonly bigint[] = []): PublishedBatch {
  const { numbers, words } = readPublished(size, bytes);
  const inBlob = numbers.blob === 1;
  const expected = inBlob ? transferWords(numbers.transfers) : 0;
  if (blobWords.length !== expected) {
    throw malformed(`batch ${numbers.batchNumber} has ${expected} words in a blob, not ${blobWords.length}`);
  }
  const rest = [...words, ...blobWords];
  const take = (count: number): bigint[] => rest.splice(0, count);
  const rows = <Row>(count: number, read: () => Row): Row[] => Array.from({ length: count }, read);
  const [domain, oldRoot, newRoot, numbersWord] = take(4) as [bigint, bigint, bigint, bigint];
  const l1Operations = rows(numbers.l1Operations, () => readL1Operation(take(3) as [bigint, bigint, bigint]));
  const withdrawals = rows(numbers.withdrawals, () => readWithdrawal(take(2) as [bigint, bigint]));
  const transfers = rest.flatMap(readTransfers);
  if (transfers.slice(numbers.transfers).some(Boolean)) {
    throw malformed(`something follows the last of ${numbers.transfers} transfers`);
  }
  below("the word of numbers", numbersWord, 1n << BigInt(NUMBERS_WORD.bits));
  return {
    ...(inBlob && { inBlob }),
    domain: below("domain", domain, 1n << BigInt(BITS.domain)),
    oldRoot: below("oldRoot", oldRoot, FIELD_ORDER),
    newRoot: below("newRoot", newRoot, FIELD_ORDER),
    batchNumber: numbers.batchNumber,
    timestamp: numbers.timestamp,
    token: numbers.token,
    feeAccount: numbers.feeAccount,
    l1Operations,
    withdrawals,
    transfers: transfers.slice(0, numbers.transfers).map(readTransfer),
  };
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

function readTransfers(word: bigint): [bigint, bigint] {
  const { even, odd } = open("transfers", TRANSFERS_WORD, word);
  return [even, odd];
}

function readTransfer(packed: bigint): PublishedTransfer {
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
