import { expect } from "chai";
import { expectCode } from "../support/errors.ts";
import { NodeWorld } from "../support/node/node-world.ts";

const FUNDS = 10n ** 9n;

describe("node: a test chain's, which lets L1's queue be spent before a batch has it", () => {
  let world: NodeWorld;
  beforeEach(async () => {
    world = await NodeWorld.create({ spendsQueue: true, limits: { gifts: { perDay: 9, perClient: 9 } } });
  });
  afterEach(async () => {
    expect(world.failures).to.deep.equal([]);
    await world.close();
  });

  it("a look learns of a deposit, and makes nothing of it; a step's work ends", async () => {
    await world.deposit("alice", 0, FUNDS);
    expect(world.node.find(world.owner("alice"), 0)).to.equal(undefined);
    await world.node.look();
    expect(world.index("alice")).to.equal(1);
    expect(world.node.underWay()).to.deep.equal([]);
    expect(world.node.projected(1)).to.deep.include({ balance: FUNDS, nonce: 0 });
    expect(world.node.store.state().account(1)).to.equal(undefined);
    do {
      await world.node.step();
      if (world.node.underWay().length > 0) await world.node.workEnded();
    } while (world.node.underWay().length > 0);
    expect(world.node.store.state().account(1)).to.deep.include({ balance: FUNDS });
  });

  it("a deposit is spent in the batch that has it", async () => {
    await world.deposit("alice", 0, FUNDS);
    await world.node.look();
    await world.node.openAccount(world.owner("bob"), 0, { client: "test" });
    const [paid, drawn] = [await world.send("alice", "bob", 5n), await world.send("bob", undefined, 2n)];
    await expectCode("BALANCE_INSUFFICIENT", () => world.send("bob", undefined, 4n));
    await world.settle();
    expect([world.now(paid), world.now(drawn)].map(({ status, batch }) => [status, batch])).to.deep.equal([
      ["verified", 1],
      ["verified", 1],
    ]);
    await world.expectTruth();
  });

  it("each deposit keeps its index, however many a batch takes, and whatever is opened meanwhile", async () => {
    // The largest size takes three of them.
    for (const token of [0, 1]) {
      for (const name of ["alice", "bob", "carol", "dave"].slice(0, 4 - token)) await world.deposit(name, token, FUNDS);
    }
    await world.node.look();
    expect(world.index("carol", 1)).to.equal(7);
    const opened = await world.node.openAccount(world.owner("dave"), 1, { client: "test" });
    expect(opened.index).to.equal(8);
    await world.deposit("erin", 1, FUNDS);
    await world.node.look();
    expect(world.index("erin", 1)).to.equal(9);
    const sent = [
      await world.send("carol", "dave", 7n, { token: 1 }),
      await world.send("erin", "dave", 9n, { token: 1 }),
      await world.send("alice", "dave", 1n),
    ];
    await world.settle();
    expect(sent.map((one) => world.now(one).status)).to.deep.equal(["verified", "verified", "verified"]);
    expect(world.node.store.state().account(8)).to.deep.include({ ...world.owner("dave"), balance: 16n });
    await world.expectTruth();
  });
});
