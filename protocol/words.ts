import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
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

/** One published word's name and place; every position is fixed by the batch size. */
export interface WordPlace {
  readonly name: string;
  /** Offset in the byte string. */
  readonly offset: number;
  readonly bytes: number;
}

/** The places of all words of a full batch of this size, in order. */
export function layoutOf(size: Pick<BatchSize, "l1Operations" | "withdrawals" | "transfers">): readonly WordPlace[] {
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
    ...rows(size.l1Operations, (row) => [
      place(`l1Operations[${row}].word`, WORD_BYTES),
      place(`l1Operations[${row}].pubKeyY`, WIDE_WORD_BYTES),
      place(`l1Operations[${row}].amount`, WORD_BYTES),
    ]),
    ...rows(size.withdrawals, (row) => [
      place(`withdrawals[${row}].word`, WORD_BYTES),
      place(`withdrawals[${row}].amount`, WORD_BYTES),
    ]),
    ...rows(size.transfers / 2, (row) => [place(`transfers[${2 * row}, ${2 * row + 1}]`, WORD_BYTES)]),
  ];
}

/** All words of a batch as integers, unused rows as 0. Throws `BATCH_FULL` if the size has too few rows. */
export function wordsOf(size: BatchSize, batch: PublishedBatch): readonly bigint[] {
  const { l1Operations, withdrawals, transfers } = batch;
  const numbers = NUMBERS_WORD.pack({
    batchNumber: batch.batchNumber,
    timestamp: batch.timestamp,
    token: batch.token,
    feeAccount: batch.feeAccount,
    l1Operations: l1Operations.length,
    withdrawals: withdrawals.length,
    transfers: transfers.length,
  });
  const packedTransfers = padded(transfers.map(packTransfer), size.transfers, 0n);
  return [
    batch.domain,
    batch.oldRoot,
    batch.newRoot,
    numbers,
    ...padded(l1Operations.map(l1Words), size.l1Operations, [0n, 0n, 0n]).flat(),
    ...padded(withdrawals.map(withdrawalWords), size.withdrawals, [0n, 0n]).flat(),
    ...pairs(packedTransfers).map(([even, odd]) => TRANSFERS_WORD.pack({ even, odd })),
  ];
}

/** The byte string that goes on L1: trailing transfer words not in use are left out. */
export function encodeWords(size: BatchSize, batch: PublishedBatch): Uint8Array {
  const words = wordsOf(size, batch);
  const places = layoutOf(size).slice(0, wordsInUse(size, batch.transfers.length));
  return concatBytes(...places.map(({ bytes }, k) => numberToBytesBE(words[k]!, bytes)));
}

/** The words of a byte string as integers, those left out as 0. Throws `WORDS_MALFORMED` on an impossible length. */
export function readWords(size: BatchSize, bytes: Uint8Array): readonly bigint[] {
  const layout = layoutOf(size);
  const used = layout.filter(({ offset }) => offset < bytes.length);
  const last = used.at(-1);
  if (last === undefined || last.offset + last.bytes !== bytes.length || used.length < wordsInUse(size, 0)) {
    throw new SheafError("WORDS_MALFORMED", `${bytes.length} bytes are no whole number of words of size ${size.name}`);
  }
  const words = used.map(({ offset, bytes: width }) => bytesToNumberBE(bytes.subarray(offset, offset + width)));
  return padded(words, layout.length, 0n);
}

/** How many words are published with this many transfers: all rows but the transfers' are always there. */
export function wordsInUse(size: BatchSize, transfers: number): number {
  return layoutOf(size).length - size.transfers / 2 + Math.ceil(transfers / 2);
}

function l1Words(operation: PublishedL1Operation): [bigint, bigint, bigint] {
  const { kind, index, token, l1Address } = operation;
  const word = L1_WORD.pack({ kind: KIND[kind], index, token, l1Address });
  return [word, "pubKeyY" in operation ? operation.pubKeyY : 0n, "amount" in operation ? operation.amount : 0n];
}

function withdrawalWords({ from, amount, fee, l1Address }: PublishedWithdrawal): [bigint, bigint] {
  return [WITHDRAWAL_WORD.pack({ from, fee: feeFloat.encode(fee), l1Address }), amount];
}

function padded<T>(rows: readonly T[], length: number, filler: T): T[] {
  if (rows.length > length) throw new SheafError("BATCH_FULL", `${rows.length} rows do not fit into ${length}`);
  return [...rows, ...Array.from({ length: length - rows.length }, () => filler)];
}

function pairs<T>(items: readonly T[]): [T, T][] {
  return Array.from({ length: items.length / 2 }, (_, pair) => [items[2 * pair]!, items[2 * pair + 1]!]);
}
