import { expect } from "chai";
import { ZeroAddress, type Provider } from "ethers";
import { isDevelopmentChain } from "../../node/l1/development-chain.ts";
import { RpcError } from "../../node/l1/rpc.ts";
import { SheafError } from "../../protocol/errors.ts";
import { L1Rollup } from "../../wallet/l1-rollup.ts";
import { openRpc } from "../../wallet/open-rpc.ts";
import { untilPayable } from "../../wallet/until-payable.ts";
import { RpcServer, type Trouble } from "../support/chain/rpc-server.ts";
import { expectCode } from "../support/errors.ts";

describe("wallet: what is waited for", () => {
  describe("L1's finality", () => {
    const l1With = (ages: Readonly<Record<string, number | null>>): L1Rollup => {
      const block = (age: number | null) =>
        age === null ? null : { number: 1000 - age, timestamp: 1_900_000_000 - age };
      const provider = {
        getBlock: (tag: string) => Promise.resolve(block(ages[tag]!)),
        getCode: () => Promise.resolve("0x"),
      };
      return new L1Rollup(ZeroAddress, provider as unknown as Provider);
    };

    it("is told with the time that L1 takes for it", async () => {
      expect(await l1With({ latest: 0, finalized: 870 }).timeToFinality()).to.include("about 15 min");
      expect(await l1With({ latest: 0, finalized: 42 }).timeToFinality()).to.include("about 42 s");
      expect(await l1With({ latest: 0, finalized: null }).timeToFinality()).to.include("does not say");
      const error = await expectCode("ACCOUNT_NOT_FINAL", () =>
        l1With({ latest: 0, finalized: 870 }).state("finalized"),
      );
      expect(error.message).to.include("about 15 min");
    });

    it("is told at each look, for as long as an account cannot be paid yet", async () => {
      const account = { index: 7, token: 0, pubKeyY: 1n, l1Address: ZeroAddress, address: "sheaf:0x" };
      const answers = ["ACCOUNT_NOT_FOUND", "ACCOUNT_NOT_FINAL"] as const;
      const told: string[] = [];
      let looks = 0;
      const find = async () => {
        const code = answers[looks++];
        if (code !== undefined) throw new SheafError(code, `because of ${code}`);
        return account;
      };
      expect(await untilPayable(find, { onWait: (why) => told.push(why) })).to.equal(account);
      expect(told).to.deep.equal(answers.map((code) => `because of ${code}`));
    });
  });

  it("is no block on chains for development, whatever their ids are", async () => {
    const called = (version: string) => () => Promise.resolve(version);
    expect(await isDevelopmentChain(called("Geth/v1.16.0"), 31337)).to.equal(true);
    expect(await isDevelopmentChain(called("anvil/v1.7.1"), 10)).to.equal(true);
    expect(await isDevelopmentChain(called("HardhatNetwork/3.1.0"), 10)).to.equal(true);
    expect(await isDevelopmentChain(called("Geth/v1.16.0-anvil"), 10)).to.equal(false);
    expect(await isDevelopmentChain(() => Promise.reject(new RpcError(-32601, "none")), 1)).to.equal(false);
  });

  describe("an L1 node by its URL", () => {
    let server: RpcServer;
    afterEach(() => server.close());
    const blockNumber = async (trouble: (number: number) => Trouble): Promise<number> => {
      server = await RpcServer.start(
        () => Promise.resolve("0x10"),
        ({ number }) => trouble(number),
      );
      const provider = openRpc(server.url, 31337);
      return provider.getBlockNumber().finally(() => provider.destroy());
    };
    const error = (code: number, message: string): Trouble => ({
      status: 200,
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message } }),
    });

    for (const [what, trouble] of [
      ["limits requests by HTTP", { status: 429, body: "" }],
      ["limits requests by a code", error(-32005, "limit exceeded")],
      ["limits requests in words", error(-32000, "Too Many Requests, retry in 0.1s")],
      ["is indexing transactions", error(-32000, "transaction indexing is in progress")],
    ] as const) {
      it(`is asked again where it ${what}`, async () => {
        expect(await blockNumber((number) => (number < 2 ? trouble : undefined))).to.equal(16);
        expect(server.calls).to.have.length(3);
      });
    }

    it("is not where it refuses for good", async () => {
      const refused: unknown = await blockNumber(() => error(-32601, "no such method")).catch(
        (reason: unknown) => reason,
      );
      expect(refused).to.be.instanceOf(Error);
      expect(server.calls).to.have.length(1);
    });
  });
});
