import { expect } from "chai";
import { network } from "hardhat";
import { gasScheduleOf, GLAMSTERDAM, OSAKA } from "../../l1/gas-schedule.ts";
import { GasRules } from "../../node/l1/gas-rules.ts";
import { providerRpc, RpcError, type Rpc } from "../../node/l1/rpc.ts";

describe("l1: gas rules of a chain", () => {
  /** Without a name: the chains have the same number too. */
  const chain = async (hardfork: string): Promise<Rpc> =>
    providerRpc((await network.create({ override: { hardfork } })).provider);

  const nodeOf = (rpc: Rpc) => ({
    estimateGas: async (call: object) => BigInt((await rpc("eth_estimateGas", [call])) as string),
  });

  for (const [hardfork, schedule] of [
    ["shanghai", OSAKA],
    ["prague", OSAKA],
    ["osaka", OSAKA],
    ["amsterdam", GLAMSTERDAM],
  ] as const) {
    it(`are found out by what a node estimates: ${hardfork}`, async () => {
      const rpc = await chain(hardfork);
      expect(await gasScheduleOf(nodeOf(rpc))).to.equal(schedule);
      expect(await gasScheduleOf(nodeOf(withoutDeployments(rpc)))).to.equal(schedule);
    });
  }

  it("are not confused by what calldata costs on a chain below", async () => {
    const osaka = await chain("osaka");
    const layer2: Rpc = async (method, params) => {
      const { data } = params[0] as { data: string };
      return `0x${(BigInt((await osaka(method, params)) as string) + BigInt(data.length) * 200n).toString(16)}`;
    };
    expect(await gasScheduleOf(nodeOf(layer2))).to.equal(OSAKA);
  });

  describe("while a program runs", () => {
    let answers: Rpc;
    let asked = 0;
    const rules = () => new GasRules((method, params) => (asked++, answers(method, params)));
    const none: Rpc = () => Promise.reject(new RpcError(-32601, "method not found"));
    let now: () => number;
    before(() => (now = performance.now.bind(performance)));
    afterEach(() => (performance.now = now));
    const later = (milliseconds: number) => (performance.now = () => now() + milliseconds);

    it("are asked for again: a fork is noticed", async () => {
      const known = rules();
      answers = await chain("osaka");
      expect(await known.now()).to.equal(OSAKA);
      answers = await chain("amsterdam");
      asked = 0;
      expect(await known.now()).to.equal(OSAKA);
      expect(asked).to.equal(0);
      later(10 * 60_000);
      expect(await known.now()).to.equal(GLAMSTERDAM);
    });

    it("are the dearer ones until a node has told any, and then those that it told last", async () => {
      const known = rules();
      answers = none;
      expect(await known.now()).to.equal(GLAMSTERDAM);
      answers = await chain("osaka");
      later(60_000);
      expect(await known.now()).to.equal(OSAKA);
      answers = none;
      later(20 * 60_000);
      expect(await known.now()).to.equal(OSAKA);
    });
  });
});

/** A node that estimates calls only. */
const withoutDeployments =
  (rpc: Rpc): Rpc =>
  async (method, params) => {
    if (!("to" in (params[0] as object))) throw new RpcError(-32000, "contract creation is not allowed");
    return rpc(method, params);
  };
