import { expect } from "chai";
import { Follower, type Followed } from "../../../node/follow/follower.ts";
import { FINALITY_DEPTH } from "../../../node/follow/reorganisation.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { contentOf, expectStateOf, follow, newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";
import { LONG } from "../../support/random.ts";

describe("node: reorganisations of L1", () => {
  let world: FollowedRollup;
  let path: string;
  beforeEach(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    path = newStorePath();
  });
  afterEach(() => world.close());

  async function sync(options: { rpc?: Rpc; mostBlocks?: number } = {}): Promise<Followed> {
    const l1 = new L1(options.rpc ?? rpcOf(world), world.address);
    const store = await openStore(l1, path);
    try {
      return await new Follower(l1, store, { ...SWIFT, ...options }).sync();
    } finally {
      store.close();
    }
  }

  /** Expects the store to be what one would be that never saw another branch. */
  async function expectTruth(): Promise<void> {
    const fresh = newStorePath();
    const store = await follow(world, { path: fresh });
    await expectStateOf(world, store);
    store.close();
    expect(contentOf(path)).to.deep.equal(contentOf(fresh));
  }

  /** Deposits, forced withdrawals, batches and payouts, a block each, until so many blocks have passed. */
  async function live(blocks: number, seed: string): Promise<void> {
    const height = async () => Number(await rpcOf(world)("eth_blockNumber", []));
    const end = (await height()) + blocks;
    for (let step = 0; (await height()) < end; step++) await world.busy(1, `${seed}, step ${step}`);
  }

  for (const depth of LONG ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 23] : [1, 2, 3, 6, 10]) {
    it(`are followed ${depth} blocks deep`, async () => {
      await live(3, `before ${depth}`);
      const rejoin = await world.branch();
      await live(depth, `one branch, ${depth}`);
      expect(await sync()).to.have.property("reorganisations", 0);
      await expectTruth();
      await rejoin();
      // So that no block is on both branches.
      await world.deposit("dave", 1, 5000n);
      await live(depth + 1, `the other branch, ${depth}`);
      expect(await sync()).to.deep.include({ reorganisations: 1, verified: true });
      await expectTruth();
    });
  }

  it("are followed when the new branch is shorter, once it differs where the store knows a block", async () => {
    const rejoin = await world.branch();
    for (let i = 0; i < 8; i++) await world.batch();
    await sync();
    await rejoin();
    for (let i = 0; i < 5; i++) await world.batch({ spends: [{ from: "alice", to: "bob", amount: 4n }] });
    expect(await sync()).to.have.property("reorganisations", 1);
    await expectTruth();
  });

  it("are followed back and forth, with every block in a page of its own", async () => {
    for (let round = 0; round < 4; round++) {
      const rejoin = await world.branch();
      await live(4, `lost branch ${round}`);
      await sync({ mostBlocks: 1 });
      await rejoin();
      await live(5, `branch ${round}`);
      expect(await sync({ mostBlocks: 1 })).to.have.property("reorganisations", 1);
    }
    await expectTruth();
  });

  it("are met in the middle of a page", async () => {
    const rejoin = await world.branch();
    await live(6, "lost in the middle");
    const rest = ["eth_getTransactionByBlockHashAndIndex", "eth_getLogs", "eth_call"];
    for (const moment of rest) {
      let happened = false;
      const rpc: Rpc = async (method, params) => {
        const answer = rpcOf(world)(method, params);
        if (method === moment && !happened) {
          happened = true;
          await answer;
          await world.mine(1);
          if (moment === "eth_getTransactionByBlockHashAndIndex") {
            await rejoin();
            await live(8, "found in the middle");
          }
        }
        return answer;
      };
      await sync({ rpc, mostBlocks: 1000 });
      expect(happened).to.equal(true);
      await expectTruth();
      await world.batch();
    }
  });

  it("take back a deposit and the batch that took it", async () => {
    const rejoin = await world.branch();
    await world.deposit("alice", 0, 5n);
    await world.batch();
    await sync();
    await rejoin();
    await world.mine(4);
    await sync();
    const store = await follow(world, { path });
    expect(store.queueBounds).to.deep.equal({ head: 8, tail: 8 });
    expect(store.lastBatch!.number).to.equal(4);
    store.close();
    await expectTruth();
  });

  it("of what was final are refused, and the store stays as it is", async () => {
    const rejoin = await world.branch();
    await world.batch();
    await sync();
    await world.mine(FINALITY_DEPTH + 1);
    await sync();
    const before = contentOf(path);
    await rejoin();
    await world.mine(FINALITY_DEPTH + 20);
    await expectCode("REORG_TOO_DEEP", () => sync());
    expect(contentOf(path)).to.deep.equal(before);
  });

  it("reach as far back as the node calls blocks not final, if that is further", async () => {
    const finalized = 30;
    const rpc: Rpc = (method, params) =>
      rpcOf(world)(method, params[0] === "finalized" ? [`0x${finalized.toString(16)}`, false] : params);
    const rejoin = await world.branch();
    await world.batch();
    await sync({ rpc });
    await world.mine(FINALITY_DEPTH + 1);
    await sync({ rpc });
    await rejoin();
    await world.mine(FINALITY_DEPTH + 20);
    expect(await sync({ rpc })).to.have.property("reorganisations", 1);
    await expectTruth();
  });

  it("need no node that knows what is final", async () => {
    const rpc: Rpc = async (method, params) => {
      if (params[0] === "finalized") throw new RpcError(-32602, "unknown block tag");
      return rpcOf(world)(method, params);
    };
    expect(await sync({ rpc })).to.have.property("verified", true);
  });

  describe("are not taken for", () => {
    it("a node that is behind: RPC_BEHIND", async () => {
      await world.mine(5);
      await sync();
      const before = contentOf(path);
      const head = Number(await rpcOf(world)("eth_blockNumber", []));
      // One that has just begun to follow L1 lacks even the rollup's deployment.
      for (const newest of [head - 3, 0]) {
        const late: Rpc = (method, params) =>
          rpcOf(world)(method, params[0] === "latest" ? [`0x${newest.toString(16)}`, false] : params);
        await expectCode("RPC_BEHIND", () => sync({ rpc: late }));
        expect(contentOf(path)).to.deep.equal(before);
      }
    });

    it("one that catches up while it is asked", async () => {
      await world.mine(5);
      await sync();
      await world.batch();
      const head = Number(await rpcOf(world)("eth_blockNumber", []));
      let asked = 0;
      const late: Rpc = (method, params) => {
        if (params[0] !== "latest" || ++asked > 2) return rpcOf(world)(method, params);
        return rpcOf(world)(method, [`0x${(head - 3).toString(16)}`, false]);
      };
      expect(await sync({ rpc: late })).to.have.property("reorganisations", 0);
      await expectTruth();
    });

    it("another chain: REORG_TOO_DEEP, or CHAIN_WRONG", async () => {
      await sync();
      const before = contentOf(path);
      const other = await FollowedRollup.create("2041-01-01T00:00:00Z");
      await other.mine(100);
      expect(other.address).to.equal(world.address);
      await expectCode("REORG_TOO_DEEP", () => sync({ rpc: rpcOf(other) }));
      await other.close();

      let asked = 0;
      const moved: Rpc = async (method, params) =>
        method === "eth_chainId" && ++asked > 1 ? "0x1" : rpcOf(world)(method, params);
      await expectCode("CHAIN_WRONG", () => sync({ rpc: moved }));
      expect(contentOf(path)).to.deep.equal(before);
    });
  });
});
