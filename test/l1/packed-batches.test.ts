import { expect } from "chai";
import { getAddress, hexlify } from "ethers";
import { packBatches, unpackBatches, type PackedBatch } from "../../l1/packed-batches.ts";
import { expectCode } from "../support/errors.ts";
import { seeded } from "../support/random.ts";

describe("batches of one call", () => {
  const random = seeded("packed batches");
  const address = (): string => getAddress(hexlify(random.bytes(20)));
  const batch = (): PackedBatch => ({
    size: Number(random.below(256n)),
    beneficiary: address(),
    proof: Array.from({ length: 8 }, random.field),
    c: random.field(),
    words: random.bytes(Number(random.below(60n))),
    refundAddresses: Array.from({ length: Number(random.below(4n)) }, address),
  });

  it("are read as they were packed", () => {
    for (let count = 1; count <= 20; count++) {
      const batches = Array.from({ length: count }, batch);
      const read = unpackBatches(packBatches(batches));
      expect(read.map((one) => ({ ...one, words: hexlify(one.words) }))).to.deep.equal(
        batches.map((one) => ({ ...one, words: hexlify(one.words) })),
      );
    }
  });

  it("are not read from bytes that L1 would refuse: fewer, more, or none", async () => {
    const bytes = packBatches([batch(), { ...batch(), refundAddresses: [address()] }]);
    for (let length = 0; length < bytes.length; length++) {
      await expectCode("RPC_INCONSISTENT", () => unpackBatches(bytes.subarray(0, length)));
    }
    await expectCode("RPC_INCONSISTENT", () => unpackBatches(Uint8Array.of(...bytes, 0)));
    await expectCode("RPC_INCONSISTENT", () => unpackBatches(bytes.with(0, 1)));
    await expectCode("RPC_INCONSISTENT", () => unpackBatches(Uint8Array.of(0)));
  });

  it("are not packed from numbers that have no room", async () => {
    const one = batch();
    for (const wrong of [
      { size: 256 },
      { beneficiary: `0x1${"00".repeat(20)}` },
      { refundAddresses: Array(256).fill(address()) },
    ]) {
      await expectCode("FIELD_OUT_OF_RANGE", () => packBatches([{ ...one, ...wrong }]));
    }
  });
});
