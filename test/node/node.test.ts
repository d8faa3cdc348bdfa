import { copyFile } from "node:fs/promises";
import { expect } from "chai";
import { FINALITY_DEPTH } from "../../node/follow/reorganisation.ts";
import type { Rpc } from "../../node/l1/rpc.ts";
import { SheafNode } from "../../node/node.ts";
import { expectCode } from "../support/errors.ts";
import { newFolder } from "../support/folders.ts";
import { FEE_OWNER, nodeOptions } from "../support/node/node-options.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { contentOf, follow, newStorePath, rpcOf } from "../support/node/stores.ts";

const FUNDS = 10n ** 9n;

describe("node: operations on their way to L1", () => {
  let world: NodeWorld;
  before(async () => {
    world = await NodeWorld.create();
  });
  after(() => world.close());

  const balance = (index: number): bigint => world.node.store.state().account(index)!.balance;

  it("the first of all is an account that was asked for before the node was started again", async () => {
    const wish = [world.owner("erin"), 1, { client: "erin" }] as const;
    const { index } = await world.node.openAccount(...wish);
    await world.restart();
    expect(await world.node.openAccount(...wish)).to.deep.equal({ index, status: "pending" });
    await world.fund(FUNDS);
    expect(world.node.store.state().account(index)).to.deep.include({ ...world.owner("erin"), token: 1 });
  });

  it("transfers, withdrawals and deposits arrive, with the fees for the operator", async () => {
    const paid = await world.send("alice", "bob", 1000n, { fee: 3n });
    const drawn = await world.send("bob", undefined, 50n, { fee: 2n });
    const other = await world.send("carol", "dave", 7n, { token: 1 });
    await world.deposit("erin", 0, 5n);
    for (const { status } of [paid, drawn, other]) expect(status).to.equal("pending");
    await world.settle();
    for (const operation of [paid, drawn, other]) expect(world.now(operation).status).to.equal("verified");
    expect(balance(world.index("alice"))).to.equal(FUNDS - 1003n);
    expect(balance(world.index("bob"))).to.equal(FUNDS + 1000n - 52n);
    expect(balance(world.index("dave", 1))).to.equal(FUNDS + 1n + 7n);
    expect(balance(world.index("erin"))).to.equal(5n);
    expect(balance(world.node.find(FEE_OWNER, 0)!)).to.equal(5n);
    expect(world.node.store.state().root).to.equal(await world.rollup.chain.rollup.stateRoot());
    expect(world.failures).to.deep.equal([]);
  });

  it("an account is opened on request, once, and can be paid before it is on L1", async () => {
    const owner = { ...world.owner("erin"), l1Address: 77n };
    const [first, again] = [await world.openAccount(owner), await world.openAccount(owner)];
    expect(again).to.deep.equal(first);
    expect(first.status).to.equal("pending");
    const paid = await world.send("alice", undefined, 1n);
    const gift = await world.node.submit(world.sign("alice", "", 8n, { to: first.index }));
    await world.settle();
    expect(world.now({ id: `creation-${first.index}` }).status).to.equal("verified");
    expect([world.now(paid).status, world.now(gift).status]).to.deep.equal(["verified", "verified"]);
    expect(world.node.store.state().account(first.index)).to.deep.include({ ...owner, token: 0, balance: 8n });
    expect(await world.openAccount(owner)).to.deep.equal({ index: first.index, status: "verified" });
  });

  it("a deposit to an account that is to be opened opens it", async () => {
    const { pubKeyY } = world.owner("erin");
    const { rollup, signers } = world.rollup.chain;
    const { index } = await world.openAccount({ pubKeyY, l1Address: 78n });
    const value = (await rollup.queueFee()) + 21n;
    const [to, refund] = [`0x${"0".repeat(38)}4e`, signers["erin"]!.address];
    await rollup.connect(signers["erin"]).deposit(0, 21n, pubKeyY, to, refund, { value });
    await world.settle();
    expect(world.now({ id: `creation-${index}` }).status).to.equal("verified");
    expect(balance(index)).to.equal(21n);
  });

  it("the history has every row, with places in the queue and nonces", async () => {
    await world.deposit("alice", 0, 31n);
    const { history } = world.node.store;
    const { tail } = world.node.store.queueBounds;
    const { nonce } = world.node.projected(world.index("bob"))!;
    await world.send("bob", "carol", 32n, { fee: 1n });
    await world.settle();
    expect(history.queued(tail)).to.deep.include({ kind: "deposit", recipient: world.index("alice"), amount: 31n });
    const row = history.signed(world.index("bob"), nonce)!;
    expect(row).to.deep.include({ kind: "transfer", recipient: world.index("carol"), amount: 32n, fee: 1n, token: 0 });
    expect(history.of(row.batch)[row.row]).to.deep.equal(row);
    const [newest, before] = history.list({ accounts: [world.index("bob")], limit: 2 });
    expect(newest).to.deep.equal(row);
    expect(history.list({ accounts: [world.index("bob")], before: row, limit: 1 })).to.deep.equal([before]);
  });

  it("are where they were with an older copy of what L1 says: the rest is read from L1 again", async () => {
    const { path } = world.node.store;
    await world.node.close();
    await copyFile(path, `${path}.old`);
    await world.open();
    const operation = await world.send("alice", "bob", 41n);
    await world.settle();
    await world.rollup.mine(FINALITY_DEPTH + 1);
    await world.node.step();
    await world.node.close();
    await copyFile(`${path}.old`, path);
    await world.open();
    expect(world.now(operation).status).to.equal("verified");
    await world.expectTruth();
  });

  it("are where they were with a copy from before a reorganisation, whose last batch is another one on L1", async () => {
    const { path } = world.node.store;
    const rejoin = await world.rollup.branch();
    await world.deposit("alice", 0, 43n);
    await world.settle();
    const lost = world.node.store.lastBatch!;
    await world.node.close();
    await copyFile(path, `${path}.old`);
    await world.open();
    await rejoin();
    await world.deposit("alice", 0, 44n);
    await world.rollup.mine(FINALITY_DEPTH + 1);
    await world.settle();
    const { number, chain } = world.node.store.batch(lost.number)!;
    expect([number, chain === lost.chain]).to.deep.equal([lost.number, false]);
    await world.rollup.mine(FINALITY_DEPTH + 1);
    await world.node.step();
    await world.node.close();
    await copyFile(`${path}.old`, path);
    await world.open();
    expect(world.node.store.batch(number)!.chain).to.equal(chain);
    await world.expectTruth();
  });

  it("are marked with no chain that L1's node has named once, falsely", async () => {
    let asked = 0;
    const rpc: Rpc = (method, params) =>
      method === "eth_chainId" && asked++ === 0 ? Promise.resolve("0x1") : rpcOf(world.rollup)(method, params);
    const options = { ...nodeOptions(rpc, world.rollup.address), data: newFolder() };
    await expectCode("CHAIN_WRONG", () => SheafNode.open(options));
    const node = await SheafNode.open(options);
    expect(node.store.chainId).to.equal(31337);
    await node.close();
  });

  it("a store that is restored from L1 is the node's, byte for byte", async () => {
    const path = newStorePath();
    (await follow(world.rollup, { path })).close();
    expect(contentOf(path)).to.deep.equal(contentOf(world.node.store.path));
  });
});
