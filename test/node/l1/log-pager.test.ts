import { expect } from "chai";
import { L1 } from "../../../node/l1/l1.ts";
import { LogPager } from "../../../node/l1/log-pager.ts";
import type { Rpc } from "../../../node/l1/rpc.ts";
import { hurriedClock } from "../../support/node/hurried-clock.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const word = (value: number): string => `0x${value.toString(16).padStart(64, "0")}`;
const quantity = (value: number): string => `0x${value.toString(16)}`;

/** An L1 whose blocks have so many logs each. */
const l1With = (logs: number): L1 => {
  const rpc: Rpc = async (method, [first]) => {
    if (method === "eth_getBlockByNumber") {
      return { number: first, hash: word(Number(first)), timestamp: quantity(1) };
    }
    const { fromBlock, toBlock } = first as { fromBlock: string; toBlock: string };
    const blocks = Array.from({ length: Number(toBlock) - Number(fromBlock) + 1 }, (_, i) => Number(fromBlock) + i);
    return blocks.flatMap((block) =>
      Array.from({ length: logs }, (_, index) => ({
        ...{ address: ROLLUP, topics: [word(1)], data: "0x", blockNumber: quantity(block), blockHash: word(block) },
        ...{ transactionHash: word(block), logIndex: quantity(index) },
      })),
    );
  };
  return new L1(rpc, ROLLUP);
};

describe("node: pages of logs", () => {
  it("get shorter where many are in one, and longer again where few are", async () => {
    const read = async (pager: LogPager, from: number): Promise<[blocks: number, logs: number]> => {
      const { logs, end } = (await pager.read(from, 1_000_000))!;
      return [end.number - from + 1, logs.length];
    };
    const pager = new LogPager(l1With(5));
    expect(await read(pager, 1)).to.deep.equal([2_000, 10_000]);
    for (let page = 0; page < 5; page++) expect((await read(pager, 1))[1]).to.equal(1_000);

    const few = new LogPager(l1With(0));
    expect(await read(few, 1)).to.deep.equal([2_000, 0]);
    expect(await read(few, 1)).to.deep.equal([3_000, 0]);
  });

  it("are looked at a log at a time, so that others have their turn", async () => {
    const clock = hurriedClock();
    const { logs } = (await new LogPager(l1With(10), { blocks: 3, clock }).read(1, 100))!;
    expect([logs.length, clock.pauses]).to.deep.equal([30, 30]);
  });

  it("have a block at least, however many logs it has", async () => {
    const pager = new LogPager(l1With(3_000), { blocks: 2 });
    const ends: number[] = [];
    for (let page = 0; page < 3; page++) ends.push((await pager.read(1, 100))!.end.number);
    expect(ends).to.deep.equal([2, 1, 1]);
  });
});
