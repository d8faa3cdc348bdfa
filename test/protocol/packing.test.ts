import { expect } from "chai";
import fc from "fast-check";
import * as packings from "../../protocol/packing.ts";
import { expectCode } from "../support/errors.ts";

const { Packing, ...all } = packings;

/** Bit offsets written out by hand: what the circuits, the contracts and other implementations rely on. */
const OFFSETS: Record<keyof typeof all, Record<string, [offset: number, bits: number]>> = {
  LEAF: { index: [0, 32], token: [32, 16], nonce: [48, 32] },
  EXIT_ACCOUNT: { index: [0, 32], token: [32, 16], l1Address: [48, 160] },
  BUS: { index: [0, 32], nonce: [32, 32] },
  MEMORY: { segment: [0, 14], time: [14, 10] },
  ACCESS: { index: [0, 32], age: [32, 10] },
  SIGNING_DOMAIN: { domain: [0, 232], token: [232, 16] },
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

    it(`leaves no gap and fits a word: ${name}`, () => {
      const total = Object.values(parts).reduce((sum, [, bits]) => sum + bits, 0);
      expect(packing.bits).to.equal(total);
      expect(packing.bits).to.be.at.most(248);
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

  it("reads parts from the most significant down", () => {
    const packing = new Packing({ high: 8, middle: 4, low: 12 });
    expect(packing.pack({ high: 0xab, middle: 0xc, low: 0xdefn })).to.equal(0xabcdefn);
  });
});
