import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { Follower, type FollowOptions } from "../../../node/follow/follower.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { healthOf, nodeChecks } from "../../../node/http/health.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { httpRpc, RpcError, type HttpOptions, type Rpc } from "../../../node/l1/rpc.ts";
import { SheafNode } from "../../../node/node.ts";
import { L1Account } from "../../../node/submitter/l1-account.ts";
import { marketOf } from "../../../node/submitter/market.ts";
import { RpcServer, type Trouble } from "../../support/chain/rpc-server.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { nodeOptions } from "../../support/node/node-options.ts";
import { contentOf, follow, newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";
import { altered } from "../../support/node/submitter.ts";

const HASTY: HttpOptions = { attempts: 3, pause: 1 };
const METHODS = [
  "eth_call",
  "eth_getBlockByNumber",
  "eth_getLogs",
  "eth_sendRawTransaction",
  "eth_getTransactionReceipt",
];

const errorAnswer = (
  code: unknown,
  message: string,
  { status = 200, data }: { status?: number; data?: unknown } = {},
) => ({
  status,
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message, data } }),
});

// What other people's nodes do: Geth's, Erigon's, Nethermind's, Besu's, Reth's, those that are rented out, load balancers.
describe("node: L1 nodes of others", () => {
  let server: RpcServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const serve = async (trouble: (number: number) => Trouble): Promise<RpcServer> => {
    server = await RpcServer.start(
      (method) => Promise.resolve(method),
      ({ number }) => trouble(number),
    );
    return server;
  };

  describe("limit how often they are asked", () => {
    const LIMITS: readonly [string, Trouble][] = [
      ["HTTP 429", { status: 429, body: "" }],
      ["HTTP 429 with an error inside", errorAnswer(-32000, "nope", { status: 429 })],
      ["-32005 in words of their own", errorAnswer(-32005, "limit exceeded")],
      ["-32016", errorAnswer(-32016, "over quota")],
      ["-32029", errorAnswer(-32029, "slow down")],
      ["429 in HTTP 200", errorAnswer(429, "capacity")],
      ["429 as a text", errorAnswer("429", "capacity")],
      ["-32090", errorAnswer(-32090, "call rate exhausted, retry in 0s")],
      ["words alone", errorAnswer(-32007, "50/second request limit reached")],
      ["an error that is a mere text", { status: 200, body: JSON.stringify({ error: "Too Many Requests" }) }],
    ];
    for (const [what, limit] of LIMITS) {
      it(`by ${what}, for every method: it is asked again, and ends with RPC_RATE_LIMITED`, async () => {
        for (const method of METHODS) {
          const { url } = await serve((number) => (number < 2 ? limit : undefined));
          expect(await httpRpc(url, HASTY)(method, [])).to.equal(method);
          await server!.close();
          const lasting = await serve(() => limit);
          await expectCode("RPC_RATE_LIMITED", () => httpRpc(lasting.url, HASTY)(method, []));
          expect(lasting.calls).to.have.length(3);
          await server!.close();
        }
      });
    }

    const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
    const WAITS: readonly [string, () => Trouble][] = [
      ["the backoff inside an error", () => errorAnswer(-32005, "rate", { data: { rate: { backoff_seconds: 0.4 } } })],
      ["the error's words", () => errorAnswer(-32090, "Too many requests, retry in 0.4s")],
      ["a date", () => ({ status: 429, headers: { "retry-after": inSeconds(1.5) }, body: "" })],
    ];
    for (const [what, limit] of WAITS) {
      it(`and are given the time that they ask for, by ${what}`, async () => {
        const { url } = await serve((number) => (number === 0 ? limit() : undefined));
        const start = performance.now();
        await httpRpc(url, HASTY)("eth_call", []);
        expect(performance.now() - start).to.be.at.least(390);
      });
    }
  });

  it("limit what may be asked for, under the same codes: no waiting helps", async () => {
    const limits: readonly [string, string][] = [
      ["eth_getLogs", "query returned more than 10000 results"],
      ["eth_getLogs", "Requested range exceeds maximum RPC range limit"],
      ["eth_getLogs", "eth_getLogs request was canceled due to enabled timeout."],
      ["eth_sendRawTransaction", "Transaction gas limit exceeds block gas limit"],
    ];
    for (const [method, message] of limits) {
      const { url, calls } = await serve(() => errorAnswer(-32005, message));
      const error: unknown = await httpRpc(url, HASTY)(method, []).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RpcError);
      expect(calls).to.have.length(1);
      await server!.close();
    }
  });

  it("are still indexing transactions: that is waited for, and RPC_BEHIND where it lasts", async () => {
    const indexing = errorAnswer(-32000, "transaction indexing is in progress");
    const { url } = await serve((number) => (number < 2 ? indexing : undefined));
    expect(await httpRpc(url, HASTY)("eth_getTransactionReceipt", [])).to.equal("eth_getTransactionReceipt");
    await server!.close();
    const lasting = await serve(() => indexing);
    await expectCode("RPC_BEHIND", () => httpRpc(lasting.url, HASTY)("eth_getTransactionReceipt", []));
  });

  describe("tell what gas costs", () => {
    const WEI = (wei: bigint): string => `0x${wei.toString(16)}`;
    const nodeWith =
      (answers: Readonly<Record<string, unknown>>): Rpc =>
      (method) =>
        method in answers
          ? Promise.resolve(answers[method])
          : Promise.reject(new RpcError(-32601, `the method ${method} does not exist`));
    const block = { baseFeePerGas: WEI(70n) };

    it("by a suggested tip", async () => {
      const rpc = nodeWith({ eth_getBlockByNumber: block, eth_maxPriorityFeePerGas: WEI(3n) });
      expect(await marketOf(rpc)).to.deep.equal({ baseFee: 70n, priorityFee: 3n });
    });

    it("by the tips of the last blocks", async () => {
      const reward = [9n, 2n, 4n].map((tip) => [WEI(tip)]);
      const rpc = nodeWith({ eth_getBlockByNumber: block, eth_feeHistory: { reward } });
      expect(await marketOf(rpc)).to.deep.equal({ baseFee: 70n, priorityFee: 4n });
    });

    it("by a gas price alone, with base fees or without", async () => {
      for (const eth_feeHistory of [null, {}, { reward: null }, { reward: [] }]) {
        const rpc = nodeWith({ eth_getBlockByNumber: block, eth_gasPrice: WEI(75n), eth_feeHistory });
        expect(await marketOf(rpc)).to.deep.equal({ baseFee: 70n, priorityFee: 5n });
      }
      const cheap = nodeWith({ eth_getBlockByNumber: block, eth_gasPrice: WEI(60n) });
      expect((await marketOf(cheap)).priorityFee).to.equal(0n);
      const legacy = nodeWith({ eth_getBlockByNumber: {}, eth_gasPrice: WEI(60n) });
      expect(await marketOf(legacy)).to.deep.equal({ baseFee: 0n, priorityFee: 60n, isLegacy: true });
    });

    it("or do not tell at all, which is an error", () =>
      expectCode("RPC_REFUSED", () => marketOf(nodeWith({ eth_getBlockByNumber: block }))));
  });

  describe("with a rollup's history", () => {
    let world: FollowedRollup;
    let whole: unknown;
    before(async () => {
      world = await FollowedRollup.create();
      await world.fund();
      await world.busy(12, "other people's nodes");
      whole = await contentAfter(rpcOf(world));
    });
    after(() => world.close());

    async function contentAfter(rpc: Rpc, options: FollowOptions = {}): Promise<unknown> {
      const path = newStorePath();
      (await follow(world, { path, rpc, ...options })).close();
      return contentOf(path);
    }

    it("have no index of transactions' hashes any more, or never had one", async () => {
      for (const gone of [null, new RpcError(-32000, "transaction indexing is in progress")]) {
        const rpc = altered(rpcOf(world), (method, answer) => {
          if (method !== "eth_getTransactionByHash") return answer();
          if (gone !== null) throw gone;
          return null;
        });
        expect(await contentAfter(rpc, { rereads: 0 })).to.deep.equal(whole);
      }
    });

    it("know no transactions by their place, or say none of logs", async () => {
      const unknown = altered(rpcOf(world), (method, answer) => {
        if (method === "eth_getTransactionByBlockHashAndIndex") throw new RpcError(-32601, "no such method");
        return answer();
      });
      expect(await contentAfter(unknown)).to.deep.equal(whole);
      const silent = altered(rpcOf(world), async (method, answer) => {
        if (method !== "eth_getLogs") return answer();
        return ((await answer()) as object[]).map((log) => ({ ...log, transactionIndex: undefined }));
      });
      expect(await contentAfter(silent)).to.deep.equal(whole);
    });

    it("write numbers with zeros before them, and more fields than the standard has", async () => {
      const padded = altered(rpcOf(world), async (method, answer) => {
        const result = await answer();
        if (method !== "eth_getLogs") return result;
        return (result as Record<string, string>[]).map((log) => {
          const number = (value: string): string => `0x${value.slice(2).padStart(64, "0")}`;
          return {
            ...{ ...log, l1BatchNumber: null, blockTimestamp: "0x1", removed: undefined },
            ...{ blockNumber: number(log["blockNumber"]!), logIndex: number(log["logIndex"]!) },
          };
        });
      });
      expect(await contentAfter(padded)).to.deep.equal(whole);
    });

    it("say only that a limit is exceeded, and mean the range", async () => {
      const { url } = (server = await RpcServer.start(rpcOf(world), ({ method, params }) => {
        if (method !== "eth_getLogs") return undefined;
        const { fromBlock, toBlock } = params[0] as { readonly fromBlock: string; readonly toBlock: string };
        return Number(toBlock) - Number(fromBlock) > 20 ? errorAnswer(-32005, "limit exceeded") : undefined;
      }));
      expect(await contentAfter(httpRpc(url, HASTY))).to.deep.equal(whole);
    });

    it("cut an answer off that is too long for them, or their gateway refuses it", async () => {
      for (const refusal of [
        { status: 200, body: '{"jsonrpc":"2.0","result":[{' },
        { status: 413, body: "too large" },
      ]) {
        const { url } = (server = await RpcServer.start(rpcOf(world), ({ method, params }) => {
          if (method !== "eth_getLogs") return undefined;
          const { fromBlock, toBlock } = params[0] as { readonly fromBlock: string; readonly toBlock: string };
          return Number(toBlock) - Number(fromBlock) > 20 ? refusal : undefined;
        }));
        expect(await contentAfter(httpRpc(url, HASTY))).to.deep.equal(whole);
        await server.close();
      }
    });

    describe("are several, of which some are behind the others,", () => {
      /** Each call goes to the next of them; those behind have no newer blocks, and say so as real ones do. */
      const balanced = (lags: readonly number[]): Rpc => {
        let turn = 0;
        return async (method, params) => {
          const head = Number(await rpcOf(world)("eth_blockNumber", [])) - lags[turn++ % lags.length]!;
          const tag = `0x${head.toString(16)}`;
          const asked = params.map((param) => (param === "latest" ? tag : param));
          const filter = asked[0] as { readonly toBlock?: string };
          if (method === "eth_getLogs" && Number(filter.toBlock) > head) {
            const logs = (await rpcOf(world)(method, asked)) as { readonly blockNumber: string }[];
            return logs.filter(({ blockNumber }) => Number(blockNumber) <= head);
          }
          if (method === "eth_getBlockByNumber" && Number(asked[0]) > head) return null;
          if (method === "eth_call" && Number(asked[1]) > head) throw new RpcError(-32000, "header not found");
          const answer = (await rpcOf(world)(method, asked)) as { readonly blockNumber?: string } | null;
          const isNewer = method.startsWith("eth_getTransaction") && Number(answer?.blockNumber) > head;
          return isNewer ? null : answer;
        };
      };
      const restore = async (rpc: Rpc, path: string) => {
        const l1 = new L1(rpc, world.address);
        const store = await openStore(l1, path);
        try {
          return await new Follower(l1, store, SWIFT).sync();
        } finally {
          store.close();
        }
      };

      for (const lags of [
        [0, 3],
        [2, 0, 0, 5, 1],
      ]) {
        it(`by ${lags.join(", ")} blocks: a restore ends a few blocks back, and says so`, async () => {
          const head = Number(await rpcOf(world)("eth_blockNumber", []));
          const path = newStorePath();
          const { block, verified, unread } = await restore(balanced(lags), path);
          expect(verified).to.equal(true);
          expect(block.number).to.be.within(head - 16, head - 1);
          // A look ends at the block that was the newest when it began: nothing betrays that another one knows more.
          expect(unread).to.be.oneOf([0, head - block.number]);
          // Once all of them have the rest, it is read as if nothing had been.
          expect(await restore(rpcOf(world), path)).to.deep.include({ unread: 0, verified: true });
          expect(contentOf(path)).to.deep.equal(whole);
          // Those that are behind do not take anything back.
          expect(await restore(balanced(lags), path)).to.deep.include({ verified: true, reorganisations: 0 });
          expect(contentOf(path)).to.deep.equal(whole);
        });
      }
    });

    it("do not give the contract's values: that is said, with the reason, until they do", async () => {
      let isMute = true;
      const mute = altered(rpcOf(world), (method, answer) => {
        if (method === "eth_call" && isMute) throw new RpcError(-32601, "eth_call is not in your plan");
        return answer();
      });
      const l1 = new L1(mute, world.address);
      const store = await openStore(l1, ":memory:");
      const follower = new Follower(l1, store, SWIFT);
      for (let look = 0; look < 2; look++) {
        const { verified, refusal } = await follower.sync();
        expect(verified).to.equal(false);
        expect(refusal).to.include("eth_call is not in your plan");
      }
      isMute = false;
      expect(await follower.sync()).to.deep.include({ verified: true, unread: 0 });
      store.close();
    });

    it("do not give the contract's values: a node that runs on them tells its operator once, and in its health", async () => {
      const mute = altered(rpcOf(world), (method, answer) => {
        if (method === "eth_call") throw new RpcError(-32601, "eth_call is not in your plan");
        return answer();
      });
      const told: string[] = [];
      const onFailure = (what: string, error: unknown): void => void told.push(`${what}: ${String(error)}`);
      const node = await SheafNode.open({ ...nodeOptions(mute, world.address), data: ":memory:", onFailure });
      await node.step();
      await node.step();
      expect(told).to.have.length(1);
      expect(told[0]).to.match(/^check of L1: .*was not checked: .*eth_call is not in your plan/);
      const newest = async () => ({ number: node.store.cursor.number, timestamp: 0 });
      const { missing } = await healthOf(nodeChecks(node.store, newest));
      expect(missing.map(({ why }) => why).join()).to.include("has not given the contract's own values");
      await node.close();
    });

    it("have receipts without a price, and of what is not mined", async () => {
      const account = (change: object) =>
        new L1Account(
          altered(rpcOf(world), async (method, answer) => {
            const result = await answer();
            return method === "eth_getTransactionReceipt" ? { ...(result as object), ...change } : result;
          }),
          world.address,
          world.chain.signers["operator"]!.address,
        );
      const { hash } = await world.chain.signers["operator"]!.sendTransaction({ to: ZeroAddress });
      expect(await account({ blockNumber: null, blockHash: null }).receipt(hash)).to.equal(undefined);
      const known = (await account({}).receipt(hash))!;
      expect(await account({ effectiveGasPrice: undefined }).receipt(hash)).to.deep.equal(known);
    });
  });
});
