import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { evaluationWords } from "./blob.ts";
import { KIND, WIDE_WORD_BYTES, WORD_BYTES, type BatchSize } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { feeFloat } from "./float.ts";
import { packTransfer, type L1Operation, type Transfer } from "./operations.ts";
import { L1_WORD, NUMBERS_WORD, TRANSFERS_WORD, WITHDRAWAL_WORD } from "./packing.ts";

/** A forced withdrawal as published: with the amount that left, 0 where nothing matched. */
export type PublishedL1Operation =
  | Exclude<L1Operation, { kind: "forcedWithdrawal" }>
  | (Extract<L1Operation, { kind: "forcedWithdrawal" }> & { readonly amount: bigint });

export interface PublishedWithdrawal {
  readonly from: number;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly l1Address: bigint;
}

export type PublishedTransfer = Pick<Transfer, "from" | "to" | "amount" | "fee">;

/** Everything that a batch publishes on L1; enough, with the state before it, to compute the state after it. */
export interface PublishedBatch {
  /** There, and true, if the transfers are in a blob: the words on L1 are the others then, the _kept_ ones. */
  readonly inBlob?: boolean;
  readonly domain: bigint;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  readonly batchNumber: number;
  readonly timestamp: number;
  /** 0 without transfers and withdrawals, as `feeAccount`. */
  readonly token: number;
  readonly feeAccount: number;
  readonly l1Operations: readonly PublishedL1Operation[];
  readonly withdrawals: readonly PublishedWithdrawal[];
  readonly transfers: readonly PublishedTransfer[];
}

/** How many rows of each kind a batch uses, or a size has. */
export type RowCounts = Pick<BatchSize, "l1Operations" | "withdrawals" | "transfers">;

/** One published word's name and place. */
export interface WordPlace {
  readonly name: string;
  /** Offset in the byte string. */
  readonly offset: number;
  readonly bytes: number;
}

/** The places of all words in the calldata of a batch that uses so many rows, in order: no other rows are published. */
export function layoutOf({ l1Operations, withdrawals, transfers }: RowCounts): readonly WordPlace[] {
  let offset = 0;
  const place = (name: string, bytes: number): WordPlace => {
    const word = { name, offset, bytes };
    offset += bytes;
    return word;
  };
  const rows = (count: number, of: (row: number) => WordPlace[]): WordPlace[] =>
    Array.from({ length: count }, (_, row) => of(row)).flat();
  return [
    place("domain", WORD_BYTES),
    place("oldRoot", WIDE_WORD_BYTES),
    place("newRoot", WIDE_WORD_BYTES),
    place("numbers", WORD_BYTES),
    ...rows(l1Operations, (row) => [
      place(`l1Operations[${row}].word`, WORD_BYTES),
      place(`l1Operations[${row}].pubKeyY`, WIDE_WORD_BYTES),
      place(`l1Operations[${row}].amount`, WORD_BYTES),
    ]),
    ...rows(withdrawals, (row) => [
      place(`withdrawals[${row}].word`, WORD_BYTES),
      place(`withdrawals[${row}].amount`, WORD_BYTES),
    ]),
    ...rows(transferWords(transfers), (row) => [place(`transfers[${2 * row}, ${2 * row + 1}]`, WORD_BYTES)]),
  ];
}

const HEADER = layoutOf({ l1Operations: 0, withdrawals: 0, transfers: 0 });
export const HEADER_BYTES = endOf(HEADER);
const NUMBERS = HEADER.at(-1)!;
const L1_OPERATION_WORDS = 3;
const WITHDRAWAL_WORDS = 2;

/**
 * All words as the size's circuit counts them, those of unused rows as 0. Throws `BATCH_FULL` if it has too few rows.
 *
 * @param evaluation value of the transfers' polynomial, which counts where they are in a blob, instead of them
 */
export function wordsOf(size: BatchSize, batch: PublishedBatch, evaluation = 0n): readonly bigint[] {
  const counted =
    batch.inBlob === true ? { evaluation, transfers: [] } : { evaluation: 0n, transfers: transferWordsOf(batch) };
  return inCircuit(size, fitting(size, batch), { kept: publishedWordsOf(batch), ...counted });
}

/** The kept words as they stand in the size's circuit: those of unused rows as 0. */
export function keptWordsOf(size: BatchSize, batch: PublishedBatch): readonly bigint[] {
  return keptInCircuit(size, fitting(size, batch), publishedWordsOf(batch));
}

/** The words of the transfers in use: two a word. In a blob they are coefficients of its polynomial. */
export function transferWordsOf({ transfers }: Pick<PublishedBatch, "transfers">): readonly bigint[] {
  const packed = transfers.map(packTransfer);
  return Array.from({ length: transferWords(packed.length) }, (_, row) =>
    TRANSFERS_WORD.pack({ even: packed[2 * row]!, odd: packed[2 * row + 1] ?? 0n }),
  );
}

/**
 * The byte string that goes into L1's calldata: rows that are not in use are left out, and transfers that go into a blob. Throws
 * `BATCH_FULL` if the size has too few.
 */
export function encodeWords(size: BatchSize, batch: PublishedBatch): Uint8Array {
  const layout = layoutOf(inCalldata(fitting(size, batch), batch.inBlob === true));
  const words = [...publishedWordsOf(batch), ...transferWordsOf(batch)];
  return concatBytes(...layout.map(({ bytes }, k) => numberToBytesBE(words[k]!, bytes)));
}

/**
 * All words of a byte string as the size's circuit counts them, but for a blob's evaluation, which is 0 here. Throws
 * `WORDS_MALFORMED` as `readPublished`.
 */
export function readWords(size: BatchSize, bytes: Uint8Array): readonly bigint[] {
  const { numbers, words } = readPublished(size, bytes);
  const kept = keptCount(numbers);
  return inCircuit(size, numbers, { kept: words.slice(0, kept), evaluation: 0n, transfers: words.slice(kept) });
}

/**
 * The words of a byte string, and the parts of the one of numbers. A string has one list of words at most, as the counts, and
 * whether the transfers are in a blob, stand at a fixed place and decide its length. Throws `WORDS_MALFORMED` if it is of another length, or the size has fewer
 * rows.
 */
export function readPublished(size: BatchSize, bytes: Uint8Array): { numbers: Numbers; words: readonly bigint[] } {
  if (bytes.length < HEADER_BYTES) throw malformed(`${bytes.length} bytes hold no header of ${HEADER_BYTES}`);
  const numbers = readNumbers(bytes);
  const excess = excessOf(numbers, size);
  if (excess !== undefined) throw malformed(excess);
  const layout = layoutOf(inCalldata(numbers, numbers.blob === 1));
  if (endOf(layout) !== bytes.length) throw malformed(`rows in use take ${endOf(layout)} bytes, not ${bytes.length}`);
  return { numbers, words: layout.map((place) => wordAt(bytes, place)) };
}

/** The parts of a batch's word of numbers. */
export type Numbers = Readonly<Record<keyof typeof NUMBERS_WORD.parts, number>>;

/** The parts of a batch's word of numbers. Bits beside them are dropped. */
export function readNumbers(words: Uint8Array): Numbers {
  const parts = NUMBERS_WORD.unpack(BigInt.asUintN(NUMBERS_WORD.bits, wordAt(words, NUMBERS)));
  return Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, Number(value)])) as Numbers;
}

/** How many words of transfers a batch has. */
export function transferWords(transfers: number): number {
  return Math.ceil(transfers / 2);
}

/** The kept words of a batch as integers, those of its rows alone. */
function publishedWordsOf(batch: PublishedBatch): readonly bigint[] {
  const { batchNumber, timestamp, token, feeAccount } = batch;
  const blob = batch.inBlob === true ? 1 : 0;
  return [
    batch.domain,
    batch.oldRoot,
    batch.newRoot,
    NUMBERS_WORD.pack({ blob, batchNumber, timestamp, token, feeAccount, ...countsOf(batch) }),
    ...batch.l1Operations.flatMap(l1Words),
    ...batch.withdrawals.flatMap(withdrawalWords),
  ];
}

interface CountedWords {
  readonly kept: readonly bigint[];
  readonly evaluation: bigint;
  readonly transfers: readonly bigint[];
}

/** Puts the words of rows in use at the places that the size's circuit has for them, and 0 at all others. */
function inCircuit(
  size: RowCounts,
  counts: RowCounts,
  { kept, evaluation, transfers }: CountedWords,
): readonly bigint[] {
  return [
    ...keptInCircuit(size, counts, kept),
    ...evaluationWords(evaluation),
    ...padded(transfers, transferWords(size.transfers)),
  ];
}

function keptInCircuit(size: RowCounts, counts: RowCounts, words: readonly bigint[]): readonly bigint[] {
  const l1Operations = HEADER.length;
  const withdrawals = l1Operations + L1_OPERATION_WORDS * counts.l1Operations;
  return [
    ...words.slice(0, l1Operations),
    ...padded(words.slice(l1Operations, withdrawals), L1_OPERATION_WORDS * size.l1Operations),
    ...padded(words.slice(withdrawals), WITHDRAWAL_WORDS * size.withdrawals),
  ];
}

const keptCount = ({ l1Operations, withdrawals }: RowCounts): number =>
  HEADER.length + L1_OPERATION_WORDS * l1Operations + WITHDRAWAL_WORDS * withdrawals;

const inCalldata = (counts: RowCounts, inBlob: boolean): RowCounts => (inBlob ? { ...counts, transfers: 0 } : counts);

function l1Words(operation: PublishedL1Operation): [bigint, bigint, bigint] {
  const { kind, index, token, l1Address } = operation;
  const word = L1_WORD.pack({ kind: KIND[kind], index, token, l1Address });
  return [word, "pubKeyY" in operation ? operation.pubKeyY : 0n, "amount" in operation ? operation.amount : 0n];
}

function withdrawalWords({ from, amount, fee, l1Address }: PublishedWithdrawal): [bigint, bigint] {
  return [WITHDRAWAL_WORD.pack({ from, fee: feeFloat.encode(fee), l1Address }), amount];
}

const countsOf = ({ l1Operations, withdrawals, transfers }: PublishedBatch): RowCounts => ({
  l1Operations: l1Operations.length,
  withdrawals: withdrawals.length,
  transfers: transfers.length,
});

function fitting(size: BatchSize, batch: PublishedBatch): RowCounts {
  const counts = countsOf(batch);
  const excess = excessOf(counts, size);
  if (excess !== undefined) throw new SheafError("BATCH_FULL", excess);
  return counts;
}

/** Which rows a size has too few of, in words. */
function excessOf(counts: RowCounts, size: BatchSize): string | undefined {
  const kind = (["l1Operations", "withdrawals", "transfers"] as const).find((kind) => counts[kind] > size[kind]);
  return kind && `${counts[kind]} ${kind} do not fit size ${size.name}, which has ${size[kind]}`;
}

function endOf(layout: readonly WordPlace[]): number {
  const { offset, bytes } = layout.at(-1)!;
  return offset + bytes;
}

const wordAt = (words: Uint8Array, { offset, bytes }: WordPlace): bigint =>
  bytesToNumberBE(words.subarray(offset, offset + bytes));

const padded = (words: readonly bigint[], length: number): readonly bigint[] => [
  ...words,
  ...Array.from({ length: length - words.length }, () => 0n),
];

const malformed = (message: string): SheafError => new SheafError("WORDS_MALFORMED", message);
