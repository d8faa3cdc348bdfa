import { expect } from "chai";
import { cheapestSize, demandOf, fits, nodesOfScattered, touchedWith, UNTOUCHED } from "../../protocol/demand.ts";
import fc from "fast-check";
import { BATCH_SIZES, type BatchSize } from "../../protocol/constants.ts";
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
const SIZE: BatchSize = {
  name: "just",
  l1Operations: 2,
  withdrawals: 2,
  transfers: 2,
  accounts: 5,
  segments: 4,
  nodes: 17,
};

describe("protocol: demand", () => {
  it("counts rows, slots, segments and nodes", () => {
    const { segments, nodes, ...counts } = demandOf(movements);
    expect(counts).to.deep.equal({ l1Operations: 2, withdrawals: 2, transfers: 2, accounts: 5 });
    expect([...segments].sort((a, b) => a - b)).to.deep.equal([0, 512, 1024, 1536]);
    // Three of their own for each of the four, and five up to the root for all of them.
    const label = (depth: number, position: number): number => 8 ** depth - 1 + position;
    const own = [7, 6, 5].flatMap((depth) => [0, 1, 2, 3].map((far) => label(depth, far * 8 ** (depth - 5))));
    const shared = [4, 3, 2, 1, 0].map((depth) => label(depth, 0));
    expect([...nodes].sort((a, b) => b - a)).to.deep.equal([...own.sort((a, b) => b - a), ...shared]);
  });

  it("is met by a size that has just enough, and by none that lacks one thing", () => {
    const demand = demandOf(movements);
    expect(fits(SIZE, demand)).to.be.true;
    for (const kind of ["l1Operations", "withdrawals", "transfers", "accounts", "segments", "nodes"] as const) {
      expect(fits({ ...SIZE, [kind]: SIZE[kind] - 1 }, demand), kind).to.be.false;
    }
  });

  it("takes segment 0 for what is left unused", () => {
    const demand = demandOf({
      ...idle,
      l1Operations: [exit(SEGMENT), exit(2 * SEGMENT)],
      transfers: [send(SEGMENT, SEGMENT + 1)],
    });
    expect([...demand.segments]).to.deep.equal([512, 1024]);
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
      nodes: new Set(),
    });
    expect(fits({ ...SIZE, segments: 1, nodes: 8 }, demandOf(idle))).to.be.true;
    expect(fits({ ...SIZE, segments: 1, nodes: 7 }, demandOf(idle))).to.be.false;
  });

  it("chooses the first size that it fits", async () => {
    const large = { ...SIZE, name: "large", transfers: 100, accounts: 100 };
    const rush = { ...SIZE, name: "rush", l1Operations: 16, segments: 17, nodes: 107 };
    const sizes = [{ ...SIZE, name: "small", transfers: 1 }, rush, large];
    expect(cheapestSize(sizes, demandOf({ ...idle, transfers: [send(1, 2)] })).name).to.equal("small");
    expect(cheapestSize(sizes, demandOf(movements)).name).to.equal("rush");
    expect(
      cheapestSize(sizes, demandOf({ ...idle, transfers: Array.from({ length: 9 }, () => send(1, 2)) })).name,
    ).to.equal("large");
    const crowd = { ...idle, transfers: Array.from({ length: 101 }, () => send(1, 2)) };
    await expectCode("BATCH_FULL", () => cheapestSize(sizes, demandOf(crowd)));
  });

  it("fits every size if it is a full row of exits, wherever these are", () => {
    // As far apart as 2^32 indexes can be: in other halves, quarters, eighths … of the tree.
    const places = Array.from({ length: 31 }, (_, i) => {
      const reversed = [...(i + 1).toString(2).padStart(5, "0")].reverse().join("");
      return parseInt(reversed, 2) * 2 ** 27 + 2 ** 26;
    });
    for (const size of BATCH_SIZES) {
      const scattered = demandOf({ ...idle, l1Operations: places.slice(0, size.l1Operations).map(exit) });
      expect(fits(size, scattered), size.name).to.be.true;
      const { nodes } = touchedWith(scattered, [0]);
      expect(nodes).to.have.lengthOf(nodesOfScattered(size.l1Operations));
      expect(fits({ ...size, nodes: nodes.size - 1 }, scattered)).to.be.false;
    }
  });

  it("never takes more nodes than the most scattered one", () => {
    const indexes = fc.array(
      fc.nat(2 ** 31).map((half) => 2 * half - (half > 0 ? 1 : 0)),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(indexes, (places) => {
        expect(touchedWith(UNTOUCHED, [...places, 0]).nodes.size).to.be.at.most(nodesOfScattered(places.length));
      }),
    );
  });

  it("counts on as it counts from the beginning", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 31 - 1), { maxLength: 20 }), fc.nat(20), (places, cut) => {
        const [first, rest] = [places.slice(0, cut), places.slice(cut)];
        const [once, twice] = [touchedWith(UNTOUCHED, places), touchedWith(touchedWith(UNTOUCHED, first), rest)];
        expect(twice).to.deep.equal(once);
      }),
    );
  });
});
