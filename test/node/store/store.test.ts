import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { ROLLUP } from "../../../l1/contract.ts";
import { deploymentBlock } from "../../../node/follow/deployment-block.ts";
import { Follower } from "../../../node/follow/follower.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { L1, type BlockReference } from "../../../node/l1/l1.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import { Store } from "../../../node/store/store.ts";
import { domainOf } from "../../../protocol/challenge.ts";
import type { SheafError } from "../../../protocol/errors.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { altered } from "../../support/node/submitter.ts";
import { contentOf, follow, newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";

describe("node: store", () => {
  let world: FollowedRollup;
  let path: string;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
  });
  beforeEach(() => {
    path = newStorePath();
  });
  after(() => world.close());

  const open = (file = path, rollup = world.address): Promise<Store> => openStore(new L1(rpcOf(world), rollup), file);

  /** What was in the file is not lost; what the store is for begins again. */
  const expectAnew = async (file: string): Promise<void> => {
    const before = readFileSync(file);
    const told: SheafError[] = [];
    const store = await openStore(new L1(rpcOf(world), world.address), file, undefined, (error) => told.push(error));
    expect(store.lastBatch).to.equal(undefined);
    store.close();
    expect(told.map(({ code }) => code)).to.deep.equal(["STORE_CORRUPT"]);
    expect(told[0]!.message).to.contain(`${file}.aside`);
    expect(readFileSync(`${file}.aside`)).to.deep.equal(before);
  };

  it("is bound to one rollup on one chain", async () => {
    (await follow(world, { path })).close();
    await expectCode("STORE_MISMATCH", () => open(path, `0x${"11".repeat(20)}`));
    await expectCode("STORE_MISMATCH", () => Store.open(path, 1, world.address, () => Promise.reject(new Error())));
    (await open()).close();
  });

  it("is no file of somebody else's, or of another version", async () => {
    const theirs = new DatabaseSync(path);
    theirs.exec("CREATE TABLE recipes (name TEXT)");
    theirs.close();
    await expectCode("STORE_MISMATCH", () => open());

    const older = newStorePath();
    (await open(older)).close();
    const database = new DatabaseSync(older);
    database.exec("PRAGMA user_version = 99");
    database.close();
    await expectAnew(older);
  });

  it("that is damaged, or is not a database, is moved aside, and made anew", async () => {
    writeFileSync(path, "This is a letter to my grandmother. ".repeat(100));
    await expectAnew(path);

    const damaged = newStorePath();
    (await follow(world, { path: damaged })).close();
    const { size } = (await import("node:fs")).statSync(damaged);
    writeFileSync(damaged, Buffer.alloc(size - 4096, 0xa5), { flag: "r+" });
    await expectAnew(damaged);
  });

  it("that cannot be written is said to be so", async () => {
    writeFileSync(path, "");
    await expectCode("FILE_UNWRITABLE", () => open(join(path, "below-a-file.db")));
  });

  it("takes changes from one follower at a time", async () => {
    const first = await open();
    const second = await open();
    const l1 = new L1(rpcOf(world), world.address);
    let happened = false;
    // While the first one reads a page, the second one writes it.
    const slow: Rpc = async (method, params) => {
      if (method === "eth_getLogs" && !happened) {
        happened = true;
        await new Follower(l1, second, SWIFT).sync();
      }
      return rpcOf(world)(method, params);
    };
    await expectCode("STORE_BUSY", () => new Follower(new L1(slow, world.address), first, SWIFT).sync());
    expect(first.lastBatch!.number).to.equal(4);
    first.close();
    second.close();
  });

  it("writes all of a transaction or nothing", async () => {
    const store = await follow(world, { path });
    const before = contentOf(path);
    const total = store.books.tokenTotal(0);
    const work = () => {
      store.addToken(99, 2, world.address);
      store.books.addPayout(99, 0, { kind: "credit", token: 0, l1Address: 7n, amount: 6n });
      store.books.addPayout(99, 1, { kind: "pull", token: 0, l1Address: 7n, amount: 5n });
      expect(store.books.withdrawable(0, 7n)).to.equal(1n);
      expect(store.books.tokenTotal(0)).to.equal(total - 5n);
      store.advance({ number: 99, hash: "0x99" });
      throw new Error("the power fails");
    };
    expect(() => store.transaction(work)).to.throw("the power fails");
    expect(store.cursor.number).to.be.below(99);
    expect(store.books.tokenTotal(0)).to.equal(total);
    store.close();
    expect(contentOf(path)).to.deep.equal(before);
  });

  it("rolls back to the newest block that it knows, not after the one named", async () => {
    const store = await follow(world, { path, mostBlocks: 1 });
    const batches = store.batches();
    const total = store.books.tokenTotal(0);
    let first = store.cursor;
    for (let point: BlockReference | undefined = first; point !== undefined;) {
      first = point;
      const { number } = point;
      store.rollBack(number);
      expect(store.cursor).to.deep.equal(point);
      expect(store.checkpoint(number)).to.deep.equal(point);
      const last = store.lastBatch;
      expect(last).to.deep.equal(last && batches[last.number - 1]);
      expect(store.state().root).to.equal(store.state(last?.number ?? 0).root);
      point = store.checkpoint(number - 1);
    }
    expect(store.cursor).to.deep.equal(first);
    expect([total, store.books.tokenTotal(0)]).to.deep.equal([4n * 10n ** 12n + 60n, 0n]);
    expect([store.batches(), store.sizes(), store.books.payouts(), store.waiting()]).to.deep.equal([[], [], [], []]);
    expect([...store.state().accounts()]).to.deep.equal([]);
    await new Follower(new L1(rpcOf(world), world.address), store).sync();
    expect(store.batches()).to.deep.equal(batches);
    store.close();
  });

  describe("begins", () => {
    it("at the rollup's deployment, found by bisection", async () => {
      const { rollup, connection } = world.chain;
      const receipt = await connection.ethers.provider.getTransactionReceipt(rollup.deploymentTransaction()!.hash);
      expect(await deploymentBlock(new L1(rpcOf(world), world.address))).to.equal(receipt!.blockNumber);
      const store = await open();
      expect(store.cursor.number).to.equal(receipt!.blockNumber - 1);
      store.close();
    });

    it("not of a rollup of an earlier version of the protocol: PROTOCOL_VERSION_WRONG", async () => {
      const { selector } = ROLLUP.getFunction("domain")!;
      const old = domainOf(31337n, BigInt(world.address), 1);
      const rpc = altered(rpcOf(world), async (method, answer, params) => {
        const isAsked = method === "eth_call" && (params[0] as { data: string }).data === selector;
        return isAsked ? ROLLUP.encodeFunctionResult("domain", [old]) : answer();
      });
      const l1 = new L1(rpc, world.address);
      for (const fromBlock of [undefined, 1]) {
        const { message } = await expectCode("PROTOCOL_VERSION_WRONG", () => openStore(l1, path, fromBlock));
        expect(message).to.include("use release 0.1, which has the tag v0.1");
      }
    });

    it("not where there is no contract: ROLLUP_NOT_FOUND", async () => {
      await expectCode("ROLLUP_NOT_FOUND", () => open(path, `0x${"11".repeat(20)}`));
      await expectCode("ROLLUP_NOT_FOUND", () => openStore(new L1(rpcOf(world), `0x${"11".repeat(20)}`), path, 3));
      await expectCode("FIELD_INVALID", () => open(path, "0x1234"));
    });

    it("not at a guess where the node keeps no old state: DEPLOYMENT_BLOCK_UNKNOWN", async () => {
      const head = Number(await rpcOf(world)("eth_blockNumber", []));
      const recent = (params: readonly unknown[]): boolean => params[1] === "latest" || Number(params[1]) >= head - 3;
      const pruned: Rpc = async (method, params) => {
        if (method === "eth_getCode" && !recent(params)) throw new RpcError(-32000, "missing trie node");
        return rpcOf(world)(method, params);
      };
      const forgetful: Rpc = async (method, params) =>
        method === "eth_getCode" && !recent(params) ? "0x" : rpcOf(world)(method, params);
      for (const rpc of [pruned, forgetful]) {
        await expectCode("DEPLOYMENT_BLOCK_UNKNOWN", () => openStore(new L1(rpc, world.address), path));
      }
    });

    it("not after the deployment: DEPLOYMENT_BLOCK_UNKNOWN, and a better block is taken then", async () => {
      const l1 = new L1(rpcOf(world), world.address);
      const head = Number(await rpcOf(world)("eth_blockNumber", []));
      for (const fromBlock of [24, head]) {
        const store = await openStore(l1, path, fromBlock);
        await expectCode("DEPLOYMENT_BLOCK_UNKNOWN", () => new Follower(l1, store, SWIFT).sync());
        store.close();
      }
      const store = await openStore(l1, path, 0);
      expect(await new Follower(l1, store).sync()).to.have.property("verified", true);
      store.close();
      await expectCode("RPC_BEHIND", () => openStore(l1, newStorePath(), head + 100));
    });
  });
});
