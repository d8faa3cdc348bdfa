import { expect } from "chai";
import { toBeHex } from "ethers";
import { Pool } from "../../../node/pool/pool.ts";
import { expectCode } from "../../support/errors.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

describe("node: journal of transactions", () => {
  let pool: Pool;
  const words = (number: number): Uint8Array => new Uint8Array([0xba, 0x7c, number]);
  const raw = (...numbers: number[]): string =>
    `0x02${numbers.map((number) => `${toBeHex(number, 32).slice(2)}ba7c0${number}`).join("77")}`;

  beforeEach(() => {
    pool = Pool.inMemory(31337, ROLLUP);
    for (const number of [4, 5, 6]) {
      const batch = { number, c: BigInt(number), words: words(number), operations: [`id ${number}`], oldRoot: 3n };
      pool.transaction(() => pool.batches.add({ ...batch, request: { timestamp: 9 } } as never));
    }
  });
  afterEach(() => pool.close());

  it("finds a transaction by each of its batches, until the last of them is final", () => {
    pool.journal.add({ hash: "0x01", first: 4, last: 6, nonce: 7, raw: raw(4, 5, 6) });
    pool.journal.add({ hash: "0x02", first: 4, last: 4, nonce: 7, raw: raw(4) });
    const found = (number: number) => pool.journal.ofBatch(number).map(({ hash }) => hash);
    expect([3, 4, 5, 6, 7].map(found)).to.deep.equal([[], ["0x01", "0x02"], ["0x01"], ["0x01"], []]);
    pool.journal.forgetBefore(6);
    expect([4, 6].map(found)).to.deep.equal([["0x01"], ["0x01"]]);
    pool.journal.forgetBefore(7);
    expect(pool.journal.ofNonce(7)).to.deep.equal([]);
  });

  it("notes what each of its batches holds: any of it may be mined", () => {
    pool.journal.add({ hash: "0x01", first: 4, last: 6, nonce: 7, raw: raw(4, 5, 6) });
    for (const number of [4, 5, 6]) {
      expect(pool.carriers.of(`id ${number}`).map((carrier) => [carrier.number, carrier.transaction])).to.deep.equal([
        [number, "0x01"],
      ]);
    }
  });

  it("takes none with a batch that was given up, or is another one by now", async () => {
    const add = (...numbers: number[]) => {
      const sent = { hash: "0x01", first: 4, last: 6, nonce: 7, raw: raw(...numbers) };
      return expectCode("BATCH_SUPERSEDED", async () => pool.journal.add(sent));
    };
    await add(4, 5, 7);
    pool.batches.dropFrom(6);
    await add(4, 5, 6);
    expect(pool.journal.ofNonce(7)).to.deep.equal([]);
    expect(pool.carriers.all()).to.deep.equal([]);
  });
});
