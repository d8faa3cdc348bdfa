import { expect } from "chai";
import { expectCode } from "../support/errors.ts";
import { NodeWorld } from "../support/node-world.ts";
import { contentOf, follow, newStorePath } from "../support/stores.ts";

describe("node", () => {
  let world: NodeWorld;
  before(async () => {
    world = await NodeWorld.create();
    await world.fund();
  });
  after(() => world.close());

  const balance = (name: string, token = 0): bigint =>
    world.node.store.state().account(world.index(name, token))!.balance;

  it("brings transfers, withdrawals and deposits to L1, in order, with fees for the operator", async () => {
    const paid = await world.send("alice", "bob", 1000n, { fee: 3n });
    const drawn = await world.send("bob", undefined, 50n, { fee: 2n });
    const token = await world.send("carol", "dave", 7n, { token: 1 });
    await world.deposit("erin", 0, 5n);
    expect([paid, drawn, token].map(({ status }) => status)).to.deep.equal(["pending", "pending", "pending"]);
    await world.settle();
    for (const operation of [paid, drawn, token]) expect(world.now(operation)).to.include({ status: "verified" });
    expect(balance("alice")).to.equal(10n ** 9n - 1003n);
    expect(balance("bob")).to.equal(10n ** 9n + 1000n - 52n);
    expect(balance("dave", 1)).to.equal(10n ** 9n + 1n + 7n);
    expect(balance("erin")).to.equal(5n);
    const fees = world.node.find({ pubKeyY: (await feeOwner()).pubKeyY, l1Address: 0xfee5n }, 0)!;
    expect(world.node.store.state().account(fees)!.balance).to.equal(5n);
    expect(world.node.store.state().root).to.equal(await world.rollup.chain.rollup.stateRoot());
    expect(world.failures).to.deep.equal([]);
  });

  const feeOwner = async () =>
    (await import("../support/node-world.ts")).nodeOptions(() => Promise.reject(new Error()), world.rollup.address)
      .feeOwner;

  it("gives the same operation the same answer", async () => {
    const signed = world.sign("alice", "bob", 11n);
    const [first, second] = await Promise.all([world.node.submit(signed), world.node.submit(signed)]);
    expect(second).to.deep.equal(first);
    await world.settle();
    expect(await world.node.submit(signed)).to.deep.equal(world.now(first));
    expect(world.now(first).status).to.equal("verified");
  });

  it("a store restored from L1 is its store, byte for byte", async () => {
    const path = newStorePath();
    (await follow(world.rollup, { path })).close();
    expect(contentOf(path)).to.deep.equal(contentOf(world.node.store.path));
  });

  it("knows codes", async () => {
    await expectCode("SIGNATURE_INVALID", () =>
      world.node.submit(world.sign("alice", "bob", 1n, { from: world.index("bob") })),
    );
  });
});
