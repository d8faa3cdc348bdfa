import { expect } from "chai";
import fc from "fast-check";
import { BITS, EVALUATION_WORDS, FIELD_ORDER, type BatchSize } from "../../protocol/constants.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { SheafError } from "../../protocol/errors.ts";
import { amountFloat, feeFloat } from "../../protocol/float.ts";
import {
  encodeWords,
  layoutOf,
  readNumbers,
  readWords,
  wordsOf,
  type PublishedBatch,
  type PublishedL1Operation,
} from "../../protocol/words.ts";
import { expectCode } from "../support/errors.ts";
import { bytesOf, hexOf } from "../support/hex.ts";
import { flipped } from "../support/protocol/flipped.ts";

const SIZE: BatchSize = {
  name: "test",
  transfers: 6,
  accounts: 5,
  l1Operations: 3,
  withdrawals: 2,
  segments: 4,
  nodes: 22,
};
const u = (bits: number): fc.Arbitrary<bigint> => fc.bigInt(0n, 2n ** BigInt(bits) - 1n);
const n = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const element = fc.bigInt(0n, FIELD_ORDER - 1n);
const amount = u(44).map((code) => amountFloat.decode(code));
const fee = u(16).map((code) => feeFloat.decode(code));
const common = { index: n(BITS.index), token: n(BITS.token), l1Address: u(BITS.l1Address) };
const kind = <Kind extends string>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);

const l1Operations: fc.Arbitrary<PublishedL1Operation> = fc.oneof(
  fc.record({ kind: kind("deposit"), ...common, pubKeyY: element, amount: u(128) }),
  fc.record({ kind: kind("creation"), ...common, pubKeyY: element }),
  fc.record({ kind: kind("forcedWithdrawal"), ...common, amount: u(128) }),
);
const batches: fc.Arbitrary<PublishedBatch> = fc.record({
  domain: u(BITS.domain),
  oldRoot: element,
  newRoot: element,
  batchNumber: n(BITS.batchNumber),
  timestamp: n(BITS.timestamp),
  token: n(BITS.token),
  feeAccount: n(BITS.index),
  l1Operations: fc.array(l1Operations, { maxLength: SIZE.l1Operations }),
  withdrawals: fc.array(fc.record({ from: n(32), amount: u(128), fee, l1Address: u(160) }), { maxLength: 2 }),
  transfers: fc.array(fc.record({ from: n(32), to: n(32), amount, fee }), { maxLength: SIZE.transfers }),
});

/** A batch with distinct values in every field and an unused row of each kind, and its bytes written out by hand. */
const BATCH: PublishedBatch = {
  domain: 0xd0d1n,
  oldRoot: 0xa0a1n,
  newRoot: 0xb0b1n,
  batchNumber: 0x01020304,
  timestamp: 0x1112131415,
  token: 0x2122,
  feeAccount: 0x31323334,
  l1Operations: [
    { kind: "deposit", index: 0x41424344, token: 0x4546, l1Address: 0x4748n, pubKeyY: 0x494an, amount: 0x4b4cn },
    { kind: "forcedWithdrawal", index: 0x51525354, token: 0x5556, l1Address: 0x5758n, amount: 0x595an },
  ],
  withdrawals: [{ from: 0x61626364, fee: 0x65n * 100n, l1Address: 0x6667n, amount: 0x6869n }],
  transfers: [
    { from: 0x71727374, to: 0x75767778, amount: (2n ** 39n - 1n) * 1000n, fee: 2047n * 10n },
    { from: 0x81828384, to: 0x85868788, amount: 0x89n, fee: 0x8an },
    { from: 0x91929394, to: 0x95969798, amount: 0x99n, fee: 0x9an },
  ],
};
const HEADER = [
  "000000000000000000000000000000000000000000000000000000000000d0d1".slice(2),
  "000000000000000000000000000000000000000000000000000000000000a0a1",
  "000000000000000000000000000000000000000000000000000000000000b0b1",
  // 80 bits of nothing, then batch number, timestamp, token, fee account and the three counts.
  "00000000000000000000" + "01020304" + "1112131415" + "2122" + "31323334" + "0002" + "0001" + "0003",
];
const ROWS = [
  "00000000" + "01" + "41424344" + "4546" + "0000000000000000000000000000000000004748",
  "000000000000000000000000000000000000000000000000000000000000494a",
  "0000000000000000000000000000000000000000000000000000000000004b4c".slice(2),
  "00000000" + "03" + "51525354" + "5556" + "0000000000000000000000000000000000005758",
  "00".repeat(32),
  "000000000000000000000000000000000000000000000000000000000000595a".slice(2),
  // The fee 0x65 * 100 = 10100 is 1010 * 10: mantissa 0x3f2, exponent 1 above its 11 bits.
  "0000000000" + "61626364" + "0bf2" + "0000000000000000000000000000000000006667",
  "0000000000000000000000000000000000000000000000000000000000006869".slice(2),
];
// A transfer has 31 hexadecimal digits, two a word. Amount: exponent 3 and mantissa 2^39 - 1; fee: 1 and 2047.
const TRANSFERS = [
  "71727374" + "75767778" + "1ffffffffff" + "0fff" + ("81828384" + "85868788" + "00000000089" + "008a"),
  "91929394" + "95969798" + "00000000099" + "009a" + "0".repeat(31),
];
const BYTES = [...HEADER, ...ROWS, ...TRANSFERS].join("");

describe("protocol: published words", () => {
  it("have the bytes that the document draws", () => {
    expect(hexOf(encodeWords(SIZE, BATCH))).to.equal(BYTES);
    expect(decodeWords(SIZE, bytesOf(BYTES))).to.deep.equal(BATCH);
  });

  it("are read back as they were written", () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const bytes = encodeWords(SIZE, batch);
        expect(decodeWords(SIZE, bytes)).to.deep.equal(batch);
        expect(readWords(SIZE, bytes)).to.deep.equal(wordsOf(SIZE, batch));
      }),
    );
  });

  it("stand at places that the counts of rows decide, one behind the other", () => {
    const layout = layoutOf({ l1Operations: 3, withdrawals: 2, transfers: 5 });
    let end = 0;
    for (const { offset, bytes } of layout) {
      expect(offset).to.equal(end);
      end += bytes;
    }
    const wide = layout.filter(({ bytes }) => bytes === 32).map(({ name }) => name.replace(/\[\d\]/, ""));
    expect(new Set(wide)).to.deep.equal(new Set(["oldRoot", "newRoot", "l1Operations.pubKeyY"]));
    expect(layout.filter(({ bytes }) => bytes === 31)).to.have.lengthOf(layout.length - 2 - 3);
    expect(layout).to.have.lengthOf(4 + 3 * 3 + 2 * 2 + 3);
    expect(end).to.equal(126 + 3 * 94 + 2 * 62 + 3 * 31);
  });

  it("are those of rows in use alone, and the circuit's other words are 0", () => {
    for (const [l1Operations, withdrawals, transfers, transferWords] of [
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 1],
      [2, 1, 2, 1],
      [3, 2, 3, 2],
      [3, 2, 6, 3],
    ] as const) {
      const batch = {
        ...BATCH,
        l1Operations: Array(l1Operations).fill(BATCH.l1Operations[0]),
        withdrawals: Array(withdrawals).fill(BATCH.withdrawals[0]),
        transfers: Array(transfers).fill(BATCH.transfers[1]),
      };
      const bytes = encodeWords(SIZE, batch);
      expect(bytes).to.have.lengthOf(126 + l1Operations * 94 + withdrawals * 62 + transferWords * 31);
      expect(decodeWords(SIZE, bytes)).to.deep.equal(batch);
      const words = readWords(SIZE, bytes);
      expect(words).to.have.lengthOf(4 + 3 * 3 + 2 * 2 + EVALUATION_WORDS + 3);
      const used = [
        ...words.slice(4, 4 + 3 * l1Operations),
        ...words.slice(4 + 3 * 3, 4 + 3 * 3 + 2 * withdrawals),
        ...words.slice(4 + 3 * 3 + 2 * 2 + EVALUATION_WORDS).slice(0, transferWords),
      ];
      expect(used).to.not.include(0n);
      expect(words.slice(4).filter(Boolean)).to.deep.equal(used);
    }
  });

  it("are one list for a string of bytes, and one string for a list", () => {
    fc.assert(
      fc.property(batches, fc.array(fc.record({ place: fc.nat(), xor: n(8) }), { maxLength: 3 }), (batch, damages) => {
        const bytes = encodeWords(SIZE, batch);
        for (const { place, xor } of damages) bytes[place % bytes.length]! ^= xor;
        const { l1Operations, withdrawals, transfers } = readNumbers(bytes);
        const length = 126 + 94 * l1Operations + 62 * withdrawals + 31 * Math.ceil(transfers / 2);
        const fits = l1Operations <= 3 && withdrawals <= 2 && transfers <= 6;
        if (!fits || length !== bytes.length) expect(() => readWords(SIZE, bytes)).to.throw(SheafError);
        else expect(hexOf(rewritten(readWords(SIZE, bytes)))).to.equal(hexOf(bytes));
      }),
    );
  });

  it("belong to rows of the kind that the counts say: two transfers' words and a withdrawal are equally long", async () => {
    const row = BATCH.transfers[1]!;
    const bytes = encodeWords(SIZE, { ...BATCH, withdrawals: [], transfers: [row, row, row, row] });
    const shifted = flipped(bytes, "numbers", (1n << 16n) ^ 4n);
    expect(shifted).to.have.lengthOf(encodeWords(SIZE, { ...BATCH, transfers: [] }).length);
    const [words, others] = [readWords(SIZE, bytes), readWords(SIZE, shifted)];
    expect(words.slice(4 + 9, 4 + 9 + 4)).to.deep.equal([0n, 0n, 0n, 0n]);
    expect(others.slice(4 + 9, 4 + 9 + 2)).to.deep.equal(words.slice(-3, -1));
    expect(others.slice(4 + 9 + 4).some(Boolean)).to.equal(false);
    await expectCode("WORDS_MALFORMED", () => decodeWords(SIZE, shifted));
  });

  it("are refused at any other length", async () => {
    const bytes = bytesOf(BYTES);
    for (let length = 0; length < bytes.length; length++) {
      await expectCode("WORDS_MALFORMED", () => decodeWords(SIZE, bytes.subarray(0, length)));
    }
    for (const more of [1, 31, 62, 300]) {
      const longer = new Uint8Array(bytes.length + more);
      longer.set(bytes);
      await expectCode("WORDS_MALFORMED", () => decodeWords(SIZE, longer));
    }
    for (const kind of ["l1Operations", "withdrawals", "transfers"] as const) {
      const tight = { ...SIZE, [kind]: BATCH[kind].length };
      expect(decodeWords(tight, bytes)).to.deep.equal(BATCH);
      const tooTight = { ...SIZE, [kind]: BATCH[kind].length - 1 };
      await expectCode("WORDS_MALFORMED", () => decodeWords(tooTight, bytes));
    }
  });

  it("have no place for more rows than the size has", async () => {
    for (const [kind, rows] of [
      ["l1Operations", 4],
      ["withdrawals", 3],
      ["transfers", 7],
    ] as const) {
      const batch = { ...BATCH, [kind]: Array.from({ length: rows }, () => BATCH[kind][0]) };
      await expectCode("BATCH_FULL", () => encodeWords(SIZE, batch));
      await expectCode("BATCH_FULL", () => wordsOf(SIZE, batch));
    }
  });

  it("take a float with any exponent, as circuits do", () => {
    // 137 and 138 with an exponent of 1: shorter mantissas than 1370 and 1380 need.
    const even = "71727374" + "75767778" + "1ffffffffff" + "0fff";
    const longhand = { ...BATCH.transfers[1]!, amount: 1370n, fee: 1380n };
    const shorthand = "81828384" + "85868788" + "08000000089" + "088a";
    const bytes = bytesOf(BYTES.replace(TRANSFERS[0]!, even + shorthand));
    expect(decodeWords(SIZE, bytes).transfers[1]).to.deep.equal(longhand);
    expect(hexOf(encodeWords(SIZE, decodeWords(SIZE, bytes)))).to.not.equal(hexOf(bytes));
  });

  /** What contract or circuit would refuse: a place in a word, by its name, and bits to set there. */
  const damages: [string, string, bigint][] = [
    ["a domain of 233 bits", "domain", 2n ** 232n],
    ["an old root of r", "oldRoot", FIELD_ORDER],
    ["a new root of r", "newRoot", FIELD_ORDER],
    ["bits above the batch number", "numbers", 2n ** 168n],
    ["a transfer behind the last", "transfers[2, 3]", 1n],
    ["a transfer less", "numbers", 3n ^ 2n],
    ["a withdrawal less", "numbers", 1n << 16n],
    ["a withdrawal more", "numbers", 3n << 16n],
    ["an L1 operation less", "numbers", 3n << 32n],
    ["an L1 operation more", "numbers", 1n << 32n],
    ["bits above the kind", "l1Operations[0].word", 1n << 216n],
    ["a kind that does not exist", "l1Operations[0].word", 4n << 208n],
    ["a key of r", "l1Operations[0].pubKeyY", FIELD_ORDER],
    ["a deposit of 129 bits", "l1Operations[0].amount", 2n ** 128n],
    ["a key with a forced withdrawal", "l1Operations[1].pubKeyY", 1n],
    ["bits above a withdrawal's account", "withdrawals[0].word", 1n << 208n],
    ["a withdrawal of 129 bits", "withdrawals[0].amount", 2n ** 128n],
  ];
  for (const [name, place, bits] of damages) {
    it(`are refused with ${name}`, async () => {
      await expectCode("WORDS_MALFORMED", () => decodeWords(SIZE, flipped(bytesOf(BYTES), place, bits)));
    });
  }

  it("are refused with an amount for a creation", async () => {
    const creation = { kind: "creation", index: 1, token: 2, l1Address: 3n, pubKeyY: 4n } as const;
    const bytes = encodeWords(SIZE, { ...BATCH, l1Operations: [creation] });
    expect(decodeWords(SIZE, bytes).l1Operations).to.deep.equal([creation]);
    const damaged = flipped(bytes, "l1Operations[0].amount", 1n);
    await expectCode("WORDS_MALFORMED", () => decodeWords(SIZE, damaged));
  });

  it("are refused with an unused kind in a row that counts", async () => {
    const bytes = flipped(bytesOf(BYTES), "l1Operations[0].word", 1n << 208n);
    await expectCode("WORDS_MALFORMED", () => decodeWords(SIZE, bytes));
  });

  /** The bytes of a size's words: of each kind as many rows as the fourth word says. */
  function rewritten(words: readonly bigint[]): Uint8Array {
    const count = (offset: bigint): number => Number((words[3]! >> offset) & 0xffffn);
    const widths = [
      31,
      32,
      32,
      31,
      ...Array(3).fill([31, 32, 31]).flat(),
      ...Array(2 * 2 + EVALUATION_WORDS + 3).fill(31),
    ] as number[];
    const rows = [
      [0, 4],
      [4, 4 + 3 * count(32n)],
      [4 + 9, 4 + 9 + 2 * count(16n)],
      [20, 20 + Math.ceil(count(0n) / 2)],
    ] as const;
    const hex = words.map((word, k) => word.toString(16).padStart(2 * widths[k]!, "0"));
    return bytesOf(rows.flatMap(([from, to]) => hex.slice(from, to)).join(""));
  }
});
