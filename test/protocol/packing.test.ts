import { expect } from "chai";
import fc from "fast-check";
import { ELEMENT_BITS, FIELD_ORDER } from "../../protocol/constants.ts";
import * as packings from "../../protocol/packing.ts";
import { expectCode } from "../support/errors.ts";

const { Packing, ...all } = packings;

/** Bit offsets written out by hand: what the circuits, the contracts and other implementations rely on. */
const OFFSETS: Record<keyof typeof all, Record<string, [offset: number, bits: number]>> = {
  LEAF: { index: [0, 32], token: [32, 16], nonce: [48, 32] },
  EXIT_ACCOUNT: { index: [0, 32], token: [32, 16], l1Address: [48, 160] },
  MEMORY: { segment: [0, 23], time: [23, 10] },
  ACCESS: { index: [0, 32], gap: [32, 10] },
  TOUCHED_SEGMENT: { segment: [0, 23], last: [23, 10], active: [33, 1] },
  TREE_NODE: { label: [0, 22], flags: [22, 8], active: [30, 1] },
  SIGNING_DOMAIN: { domain: [0, 232], token: [232, 16], late: [248, 1] },
  TRANSFER: { fee: [0, 16], amount: [16, 44], to: [60, 32], from: [92, 32] },
  TRANSFER_PAYLOAD: { transfer: [0, 124], nonce: [124, 32], validUntil: [156, 40] },
  WITHDRAWAL_PAYLOAD: { from: [0, 32], fee: [32, 16], nonce: [48, 32], amount: [80, 128], validUntil: [208, 40] },
  NUMBERS_WORD: {
    transfers: [0, 16],
    withdrawals: [16, 16],
    l1Operations: [32, 16],
    feeAccount: [48, 32],
    token: [80, 16],
    timestamp: [96, 40],
    batchNumber: [136, 32],
    blob: [168, 1],
  },
  L1_WORD: { l1Address: [0, 160], token: [160, 16], index: [176, 32], kind: [208, 8] },
  WITHDRAWAL_WORD: { l1Address: [0, 160], fee: [160, 16], from: [176, 32] },
  TRANSFERS_WORD: { odd: [0, 124], even: [124, 124] },
};

describe("protocol: packing", () => {
  for (const [name, packing] of Object.entries(all) as [keyof typeof all, packings.Packing<string>][]) {
    const parts = OFFSETS[name];

    it(`puts the parts of ${name} at their offsets`, () => {
      const values = fc.record(
        Object.fromEntries(
          Object.entries(parts).map(([part, [, bits]]) => [part, fc.bigInt(0n, 2n ** BigInt(bits) - 1n)]),
        ),
      );
      fc.assert(
        fc.property(values, (record) => {
          const expected = Object.entries(parts).reduce(
            (sum, [part, [at]]) => sum + record[part]! * 2n ** BigInt(at),
            0n,
          );
          expect(packing.pack(record)).to.equal(expected);
          expect(packing.unpack(expected)).to.deep.equal(record);
        }),
        { numRuns: 20 },
      );
    });

    it(`leaves no gap and fits an element: ${name}`, () => {
      const total = Object.values(parts).reduce((sum, [, bits]) => sum + bits, 0);
      expect(packing.bits).to.equal(total);
      expect(packing.bits).to.be.at.most(name.endsWith("WORD") ? 248 : 253);
      expect(Object.keys(packing.parts)).to.have.members(Object.keys(parts));
    });

    it(`refuses a part of ${name} that is one too large`, async () => {
      const zeros = Object.fromEntries(Object.keys(parts).map((part) => [part, 0n]));
      for (const [part, [, bits]] of Object.entries(parts)) {
        await expectCode("FIELD_OUT_OF_RANGE", () => packing.pack({ ...zeros, [part]: 2n ** BigInt(bits) }));
        await expectCode("FIELD_OUT_OF_RANGE", () => packing.pack({ ...zeros, [part]: -1n }));
      }
      await expectCode("FIELD_OUT_OF_RANGE", () => packing.unpack(2n ** BigInt(packing.bits)));
    });
  }

  it("puts as many rows into an element as it has room for, the first one lowest", () => {
    const packing = new Packing({ high: 60, low: 40 });
    const rows = [1, 2, 3, 4, 5].map((low) => ({ high: 10 * low, low }));
    const [first, second, third, fourth, fifth] = rows.map((row) => packing.pack(row)) as [...bigint[]];
    const next = 2n ** 100n;
    expect(packing.packRows(rows)).to.deep.equal([first! + second! * next, third! + fourth! * next, fifth!]);
    const whole = new Packing({ all: 253 });
    expect(whole.packRows([{ all: 7n }, { all: 2n ** 253n - 1n }])).to.deep.equal([7n, 2n ** 253n - 1n]);
    expect(new Packing({ all: 127 }).packRows([{ all: 7n }, { all: 8n }])).to.deep.equal([7n, 8n]);
    expect(2n ** BigInt(ELEMENT_BITS) < FIELD_ORDER).to.be.true;
  });

  it("reads parts from the most significant down", () => {
    const packing = new Packing({ high: 8, middle: 4, low: 12 });
    expect(packing.pack({ high: 0xab, middle: 0xc, low: 0xdefn })).to.equal(0xabcdefn);
  });
});
