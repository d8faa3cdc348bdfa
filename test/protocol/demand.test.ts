import { expect } from "chai";
import { cheapestSize, demandOf, fits } from "../../protocol/demand.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { Movements } from "../../protocol/transition.ts";
import { expectCode } from "../support/errors.ts";

const SEGMENT = 2 ** 18;
const idle: Movements = { token: 5, feeAccount: 0, l1Operations: [], withdrawals: [], transfers: [] };
const exit = (index: number) => ({ kind: "forcedWithdrawal", index, l1Address: 1n, token: 2 }) as const;
const send = (from: number, to: number, amount = 3n, fee = 0n) => ({ from, to, amount, fee });

/** Two withdrawals of one account, a transfer between others, fees for a fourth, and exits far away. */
const movements: Movements = {
  ...{ token: 5, feeAccount: 3 * SEGMENT },
  l1Operations: [exit(SEGMENT + 1), exit(2 * SEGMENT + 1)],
  withdrawals: [
    { from: 7, amount: 1n, fee: 0n },
    { from: 7, amount: 2n, fee: 1n },
  ],
  transfers: [send(8, SEGMENT + 9), send(8, 10, 0n)],
};
const SIZE: BatchSize = { name: "just", l1Operations: 2, withdrawals: 2, transfers: 2, accounts: 5, segments: 4 };

describe("protocol: demand", () => {
  it("counts rows, slots and segments", () => {
    const { segments, ...counts } = demandOf(movements);
    expect(counts).to.deep.equal({ l1Operations: 2, withdrawals: 2, transfers: 2, accounts: 5 });
    expect([...segments].sort()).to.deep.equal([0, 1, 2, 3]);
  });

  it("is met by a size that has just enough, and by none that lacks one thing", () => {
    const demand = demandOf(movements);
    expect(fits(SIZE, demand)).to.be.true;
    for (const kind of ["l1Operations", "withdrawals", "transfers", "accounts", "segments"] as const) {
      expect(fits({ ...SIZE, [kind]: SIZE[kind] - 1 }, demand), kind).to.be.false;
    }
  });

  it("takes segment 0 for what is left unused", () => {
    const demand = demandOf({
      ...idle,
      l1Operations: [exit(SEGMENT), exit(2 * SEGMENT)],
      transfers: [send(SEGMENT, SEGMENT + 1)],
    });
    expect([...demand.segments].sort()).to.deep.equal([1, 2]);
    expect(fits({ ...SIZE, accounts: 2, segments: 2 }, demand)).to.be.true;
    expect(fits({ ...SIZE, accounts: 3, segments: 2 }, demand)).to.be.false;
    expect(fits({ ...SIZE, accounts: 2, l1Operations: 3, segments: 2 }, demand)).to.be.false;
    expect(fits({ ...SIZE, accounts: 3, l1Operations: 3, segments: 3 }, demand)).to.be.true;
  });

  it("is nothing but unused rows when nothing happens", () => {
    expect(demandOf(idle)).to.deep.equal({
      l1Operations: 0,
      withdrawals: 0,
      transfers: 0,
      accounts: 0,
      segments: new Set(),
    });
    expect(fits({ ...SIZE, segments: 1 }, demandOf(idle))).to.be.true;
  });

  it("chooses the first size that it fits", async () => {
    const large = { ...SIZE, name: "large", transfers: 100, accounts: 100 };
    const rush = { ...SIZE, name: "rush", l1Operations: 16, segments: 17 };
    const sizes = [{ ...SIZE, name: "small", transfers: 1 }, rush, large];
    expect(cheapestSize(sizes, demandOf({ ...idle, transfers: [send(1, 2)] })).name).to.equal("small");
    expect(cheapestSize(sizes, demandOf(movements)).name).to.equal("rush");
    expect(
      cheapestSize(sizes, demandOf({ ...idle, transfers: Array.from({ length: 9 }, () => send(1, 2)) })).name,
    ).to.equal("large");
    const crowd = { ...idle, transfers: Array.from({ length: 101 }, () => send(1, 2)) };
    await expectCode("BATCH_FULL", () => cheapestSize(sizes, demandOf(crowd)));
  });
});
