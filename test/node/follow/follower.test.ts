import { expect } from "chai";
import { ROLLUP } from "../../../l1/contract.ts";
import { Follower } from "../../../node/follow/follower.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import type { Store } from "../../../node/store/store.ts";
import { finish } from "../../../protocol/steps.ts";
import { HASHES } from "../../support/chain/rollup.ts";
import { expectCode } from "../../support/errors.ts";
import { FOLLOWED_SIZES, FollowedRollup, PEOPLE, placeOf, TOGETHER } from "../../support/node/followed-rollup.ts";
import { hurriedClock } from "../../support/node/hurried-clock.ts";
import { contentOf, expectStateOf, follow, newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";
import { LONG } from "../../support/random.ts";

describe("node: following L1", () => {
  let world: FollowedRollup;
  let whole: unknown;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.busy(70, "following L1");
    await world.deposit("dave", 1, 77n);
    whole = await contentAfter({});
  });
  after(() => world.close());

  async function contentAfter(options: Parameters<typeof follow>[1]): Promise<unknown> {
    const path = newStorePath();
    (await follow(world, { path, ...options })).close();
    return contentOf(path);
  }

  it("ends a look while blocks come faster than it can ask", async () => {
    const rpc: Rpc = async (method, params) => {
      const answer = await rpcOf(world)(method, params);
      if (method === "eth_getLogs" || params[0] === "latest") await world.mine(1);
      return answer;
    };
    const goBack = await world.branch();
    const [l1, head] = [new L1(rpc, world.address), await world.chain.networkHelpers.time.latestBlock()];
    const store = await openStore(l1, ":memory:");
    const fractions: number[] = [];
    const follower = new Follower(l1, store, { ...SWIFT, onProgress: (fraction) => fractions.push(fraction) });
    const { block, verified, unread } = await follower.sync();
    expect([block.number >= head, verified, unread]).to.deep.equal([true, true, 0]);
    for (const fraction of fractions) expect(fraction > 0 && fraction <= 1).to.equal(true);
    store.close();
    await goBack();
  });

  it("tells how much is done after a reorganisation too, to a branch as long as the one before", async () => {
    const leave = await world.branch();
    await world.mine(3);
    const store = await follow(world);
    await leave();
    const goBack = await world.branch();
    await world.deposit("dave", 0, 5n);
    await world.mine(2);
    const fractions: number[] = [];
    const onProgress = (fraction: number): number => fractions.push(fraction);
    const l1 = new L1(rpcOf(world), world.address);
    const { reorganisations } = await new Follower(l1, store, { ...SWIFT, onProgress }).sync();
    expect([reorganisations, fractions.at(-1)]).to.deep.equal([1, 1]);
    store.close();
    await goBack();
  });

  it("takes nothing as final that it has not read, whatever a node calls its newest block", async () => {
    let looks = 0;
    const rpc: Rpc = async (method, params) => {
      const answer = await rpcOf(world)(method, params);
      const isLie = params[0] === "latest" && method === "eth_getBlockByNumber" && ++looks === 3;
      return isLie ? { ...(answer as object), number: "0xfffffff" } : answer;
    };
    const store = await follow(world, { rpc });
    expect(looks).to.be.at.least(3);
    expect(store.final).to.be.at.most(store.cursor.number - 96);
    store.close();
  });

  it("asks for an old state again in the next look, though it was refused one", async () => {
    const goBack = await world.branch();
    let refused: unknown;
    let asked = 0;
    const rpc: Rpc = async (method, params) => {
      const head = Number(await rpcOf(world)("eth_blockNumber", []));
      if (method !== "eth_call" || Number(params[1]) === head) return rpcOf(world)(method, params);
      refused ??= params[1];
      if (params[1] === refused) throw new RpcError(-32000, "missing trie node");
      asked++;
      return rpcOf(world)(method, params);
    };
    const [l1, store] = [new L1(rpc, world.address), await follow(world)];
    const follower = new Follower(l1, store, { ...SWIFT, mostBlocks: 2 });
    for (const looks of [1, 2]) {
      await world.mine(8);
      expect(await follower.sync()).to.deep.include({ verified: true });
      expect(asked > 0, `look ${looks}`).to.equal(looks === 2);
    }
    store.close();
    await goBack();
  });

  describe("writes what one block submits in a transaction, with the block that it goes up to", () => {
    let path: string, store: Store, before: unknown;
    /** Last batches, after each transaction. */
    let batches: number[];
    beforeEach(async () => {
      path = newStorePath();
      store = await openStore(new L1(rpcOf(world), world.address), path);
      before = contentOf(path);
      batches = [0];
    });
    afterEach(() => store.close());

    /** How often a state was read in a transaction: whatever takes long is done before. */
    let reads: number;
    /** @param left transactions that succeed before the process dies */
    const watch = (left = Infinity): void => {
      const [transaction, stored] = [store.transaction.bind(store), store.stored.bind(store)];
      let isWriting = false;
      reads = 0;
      store.stored = (...given) => {
        if (isWriting) reads++;
        return stored(...given);
      };
      store.transaction = (work) => {
        if (left-- === 0) throw new Error("the power fails");
        isWriting = true;
        const result = transaction(work);
        isWriting = false;
        batches.push(store.lastBatch?.number ?? 0);
        return result;
      };
    };
    const most = (): number => Math.max(...batches.slice(1).map((number, i) => Math.abs(number - batches[i]!)));

    it("also where many come in one page", async () => {
      watch();
      await new Follower(new L1(rpcOf(world), world.address), store, SWIFT).sync();
      expect([batches.at(-1)! > 8, most(), reads]).to.deep.equal([true, TOGETHER, 0]);
      expect(contentOf(path)).to.deep.equal(whole);
    });

    it("and goes on from there when it is killed between two", async () => {
      for (let left = 1; store.cursor.number < (await world.chain.networkHelpers.time.latestBlock()); left += 6) {
        watch(left);
        await new Follower(new L1(rpcOf(world), world.address), store, SWIFT).sync().catch(() => undefined);
        store.close();
        store = await openStore(new L1(rpcOf(world), world.address), path);
      }
      expect(contentOf(path)).to.deep.equal(whole);
    });

    it("takes all of a page back, a block at a time, where the contract contradicts its end", async () => {
      watch();
      const rpc: Rpc = async (method, params) => {
        const answer = await rpcOf(world)(method, params);
        const isRoot = method === "eth_call" && (params[0] as { data: string }).data === stateRoot;
        return isRoot ? `0x${"12".repeat(32)}` : answer;
      };
      const stateRoot = ROLLUP.encodeFunctionData("stateRoot");
      await expectCode("RPC_INCONSISTENT", () => new Follower(new L1(rpc, world.address), store, SWIFT).sync());
      expect([Math.max(...batches) > 8, most(), batches.at(-1)]).to.deep.equal([true, TOGETHER, 0]);
      expect(contentOf(path)).to.deep.equal(before);
    });
  });

  it("reads logs one by one, so that others have their turn", async () => {
    const fresh = await FollowedRollup.create();
    for (let i = 1; i <= 8; i++) await fresh.deposit("alice", 0, BigInt(i));
    const clock = hurriedClock();
    const store = await follow(fresh, { clock });
    // Each deposit, size and token is a log, whose shape is looked at before it is decoded; no batch was replayed.
    expect([store.queueBounds.tail, store.lastBatch]).to.deep.equal([8, undefined]);
    expect(clock.pauses).to.be.at.least(2 * (8 + FOLLOWED_SIZES.length + 1));
    store.close();
    await fresh.close();
  });

  it("reads anew what it could not compare with the contract, once that contradicts it", async () => {
    const goBack = await world.branch();
    const store = await follow(world);
    await world.deposit("dave", 0, 5n);
    // A false deadline: nothing that is hashed has it.
    const event = ROLLUP.getEvent("DepositQueued")!;
    const rpc: Rpc = async (method, params) => {
      if (method === "eth_call") throw new RpcError(-32601, "no such method");
      const answer = await rpcOf(world)(method, params);
      if (method !== "eth_getLogs") return answer;
      return (answer as { topics: string[]; data: string }[]).map((log) => {
        if (log.topics[0] !== event.topicHash) return log;
        const values = ROLLUP.decodeEventLog(event, log.data, log.topics).toObject();
        const { data } = ROLLUP.encodeEventLog(event, Object.values({ ...values, deadline: values["deadline"] + 1n }));
        return { ...log, data };
      });
    };
    expect(await new Follower(new L1(rpc, world.address), store, SWIFT).sync()).to.deep.include({ verified: false });
    const honest = new Follower(new L1(rpcOf(world), world.address), store, SWIFT);
    const { message } = await expectCode("RPC_INCONSISTENT", () => honest.sync());
    expect(message).to.match(/^the deadline of operation \d+ is/);
    expect(await honest.sync()).to.deep.include({ verified: true });
    store.close();
    await goBack();
  });

  it("asks no more of a node that names tens of thousands of tokens", async () => {
    let calls = 0;
    const rpc: Rpc = async (method, params) => {
      calls++;
      const { data = "" } = (params[0] ?? {}) as { readonly data?: string };
      const isCount = method === "eth_call" && data === ROLLUP.encodeFunctionData("tokenCount");
      return isCount ? ROLLUP.encodeFunctionResult("tokenCount", [43_777]) : rpcOf(world)(method, params);
    };
    await expectCode("RPC_LOGS_MISSING", () => follow(world, { rpc }));
    expect(calls).to.be.below(1000);
  });

  describe("rebuilds from logs and calldata", () => {
    let store: Store;
    before(async () => {
      store = await follow(world);
    });
    after(() => store.close());

    it("every account, and the tree", () => expectStateOf(world, store));

    it("the state as it was after each batch", () => {
      expect(store.batches().map(({ number }) => number)).to.deep.equal(store.batches().map((_, i) => i + 1));
      for (const { number, root } of store.batches()) expect(store.state(number).root).to.equal(root);
      expect([...store.state(0).accounts()]).to.deep.equal([]);
      expect(store.state(2).account(placeOf("alice", 0))!.balance).to.equal(10n ** 12n);
      expect(store.state(2).account(placeOf("alice", 1))).to.equal(undefined);
    });

    it("an account at a time, so that others have their turn", async () => {
      const clock = hurriedClock();
      const slowly = await follow(world, { clock });
      expect(slowly.lastBatch).to.deep.equal(store.lastBatch);
      expect(clock.pauses).to.be.above(0);
      slowly.close();
    });

    it("the accounts of an L1 address", () => {
      const alice = BigInt(world.chain.signers["alice"]!.address);
      const accounts = store.stored().accountsOf(alice);
      expect([...accounts.keys()]).to.deep.equal([placeOf("alice", 0), placeOf("alice", 1)]);
      expect([...accounts.values()].map(({ token }) => token)).to.deep.equal([0, 1]);
      expect(finish(store.stored().countSteps())).to.equal(2 * PEOPLE.length);
    });

    it("the queue: what is done, and what waits", async () => {
      const { head, tail } = await world.chain.rollup.queueBounds();
      expect(store.queueBounds).to.deep.equal({ head: Number(head), tail: Number(tail) });
      expect(store.waiting()).to.have.length(Number(tail - head));
      const last = store.waiting().at(-1)!;
      expect(last.operation).to.deep.include({ kind: "deposit", token: 1, amount: 77n });
      const { cumulativeHash, deadline } = await world.chain.rollup.queueEntry(tail - 1n);
      expect(last).to.deep.include({ cumulativeHash, deadline: Number(deadline), place: Number(tail) - 1 });
    });

    it("what was credited and not pulled, and what the rollup owes", async () => {
      const { rollup, signers } = world.chain;
      for (const token of [0, 1]) {
        expect(store.books.tokenTotal(token)).to.equal(await rollup.tokenTotal(token));
        for (const name of PEOPLE) {
          const { address } = signers[name]!;
          expect(store.books.withdrawable(token, BigInt(address))).to.equal(await rollup.withdrawable(token, address));
        }
      }
      expect(new Set(store.books.payouts().map(({ kind }) => kind))).to.deep.equal(new Set(["credit", "pull"]));
    });

    it("tokens and batch sizes", async () => {
      expect(store.tokens()).to.deep.equal([`0x${"00".repeat(20)}`, await world.chain.rollup.tokenAddress(1)]);
      expect(store.sizes().map(({ id }) => id)).to.deep.equal([0, 1]);
      store.sizes().forEach((size, id) => {
        const { transfers, l1Operations, withdrawals } = FOLLOWED_SIZES[id]!;
        expect(size).to.deep.include({ transfers, l1Operations, withdrawals, ...HASHES });
      });
    });
  });

  it("takes what only a whole batch makes good: amounts beyond all balances that go to and fro", async () => {
    const other = await FollowedRollup.create();
    await other.fund();
    const amount = (2n ** 39n - 1n) * 10n ** 31n;
    const [from, to] = ["alice", "bob"];
    const spends = [
      { from, to, amount },
      { from: to, to: from, amount },
    ];
    await other.batch({ spends });
    const store = await follow(other, { rereads: 0 });
    await expectStateOf(other, store);
    const sent = store.history.of(store.lastBatch!.number).filter(({ kind }) => kind === "transfer");
    expect(sent.map((row) => row.amount)).to.deep.equal([amount, amount]);
    store.close();
    await other.close();
  });

  describe("reads in pages", () => {
    for (const mostBlocks of LONG ? [1, 2, 3, 7, 20, 50] : [1, 7]) {
      it(`of ${mostBlocks} blocks, with the same result`, async () => {
        const longest = { blocks: 0 };
        const rpc: Rpc = (method, params) => {
          if (method === "eth_getLogs") longest.blocks = Math.max(longest.blocks, blocksOf(params));
          return rpcOf(world)(method, params);
        };
        expect(await contentAfter({ mostBlocks, rpc })).to.deep.equal(whole);
        expect(longest.blocks).to.equal(mostBlocks);
      });
    }

    for (const refusal of [
      new RpcError(-32005, "query returned more than 10000 results"),
      new RpcError(-32000, "eine Wortwahl, die niemand kennt"),
    ]) {
      it(`shorter ones where the node says: ${refusal.message}`, async () => {
        const rpc: Rpc = async (method, params) => {
          if (method === "eth_getLogs" && blocksOf(params) > 3) throw refusal;
          return rpcOf(world)(method, params);
        };
        expect(await contentAfter({ rpc })).to.deep.equal(whole);
      });
    }

    it("shorter ones where the node limits the number of logs", async () => {
      // No block of this chain has more.
      const rpc: Rpc = async (method, params) => {
        const result = await rpcOf(world)(method, params);
        if (method === "eth_getLogs" && (result as unknown[]).length > 6)
          throw new RpcError(-32005, "too many results");
        return result;
      };
      expect(await contentAfter({ rpc })).to.deep.equal(whole);
    });

    it("shorter ones where the node leaves out logs beyond a number without a word", async () => {
      const rpc: Rpc = async (method, params) => {
        const result = await rpcOf(world)(method, params);
        return method === "eth_getLogs" ? (result as unknown[]).slice(0, 20) : result;
      };
      expect(await contentAfter({ rpc, rereads: 8 })).to.deep.equal(whole);
    });

    it("and gives up where not even one block's logs are to be had", async () => {
      const rpc: Rpc = async (method, params) => {
        if (method === "eth_getLogs") throw new RpcError(-32601, "no such method");
        return rpcOf(world)(method, params);
      };
      await expectCode("RPC_REFUSED", () => follow(world, { rpc }));
    });

    it("of so many batches as are read in one go", async () => {
      const commits: number[] = [];
      const path = newStorePath();
      const l1 = new L1(rpcOf(world), world.address);
      const store = await openStore(l1, path);
      const onProgress = () => commits.push(store.lastBatch?.number ?? 0);
      await new Follower(l1, store, { onProgress }).sync();
      store.close();
      expect(commits).to.have.length.above(1);
      expect(commits[0]).to.be.within(32, 31 + TOGETHER);
    });
  });

  describe("asks for no more than it must", () => {
    it("from a node that has nothing but blocks, logs and transactions, with the first block named", async () => {
      const served = ["eth_chainId", "eth_getBlockByNumber", "eth_getLogs", "eth_getTransactionByHash"];
      const rpc: Rpc = async (method, params) => {
        if (!served.includes(method)) throw new RpcError(-32601, `the method ${method} does not exist`);
        return rpcOf(world)(method, params);
      };
      const path = newStorePath();
      const l1 = new L1(rpc, world.address);
      const store = await openStore(l1, path, 20);
      expect(await new Follower(l1, store).sync()).to.deep.include({ verified: false, reorganisations: 0 });
      store.close();
      expect(contentOf(path)).to.deep.equal(whole);
    });

    it("and compares with the contract's own values where they are served, if only at the head", async () => {
      const head = Number(await rpcOf(world)("eth_blockNumber", []));
      const rpc: Rpc = async (method, params) => {
        if (method === "eth_call" && Number(params[1]) !== head) throw new RpcError(-32000, "missing trie node");
        return rpcOf(world)(method, params);
      };
      const l1 = new L1(rpc, world.address);
      const store = await openStore(l1, ":memory:");
      expect(await new Follower(l1, store, { mostBlocks: 7 }).sync()).to.have.property("verified", true);
      store.close();
    });

    it("and nothing a second time", async () => {
      const other = await FollowedRollup.create();
      await other.fund();
      const path = newStorePath();
      const half = await follow(other, { path });
      const cursor = half.cursor.number;
      half.close();
      await other.busy(10, "the second half");
      const asked: number[] = [];
      const rpc: Rpc = (method, params) => {
        if (method === "eth_getLogs") asked.push(Number((params[0] as { fromBlock: string }).fromBlock));
        if (method === "eth_getCode") throw new Error("the deployment is known");
        return rpcOf(other)(method, params);
      };
      const store = await follow(other, { path, rpc });
      await expectStateOf(other, store);
      expect(asked).to.deep.equal([cursor + 1]);
      store.close();
      const fresh = newStorePath();
      (await follow(other, { path: fresh })).close();
      expect(contentOf(path)).to.deep.equal(contentOf(fresh));
      await other.close();
    });
  });
});

function blocksOf(params: readonly unknown[]): number {
  const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
  return Number(toBlock) - Number(fromBlock) + 1;
}
