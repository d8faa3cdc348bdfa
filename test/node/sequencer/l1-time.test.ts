import { once } from "node:events";
import { expect } from "chai";
import type { Rpc } from "../../../node/l1/rpc.ts";
import type { BatchProver } from "../../../node/proving.ts";
import { DEADLINES } from "../../../protocol/constants.ts";
import { nodeOptions, sham } from "../../support/node/node-options.ts";
import { NodeWorld } from "../../support/node/node-world.ts";
import { rpcOf } from "../../support/node/stores.ts";

const HOUR = 3600;
/** Looks in a row that may be false: one fewer than it takes to believe a time. */
const LIES = 3;

/** What is under way stays so: nothing is proven. */
const never: BatchProver = {
  ...sham,
  prove: async (_, { signal } = {}) => {
    if (!signal!.aborted) await once(signal!, "abort");
    throw signal!.reason;
  },
};

/** The queue has not enough confirmations for a batch. */
const LEAVING = { policy: { maxAge: 0, maxQueueAge: 0, queueDepth: 100_000 } };

describe("node: L1's time, of which looks in a row may be false", function () {
  this.timeout("2m");
  let world: NodeWorld;
  /** Seconds that the node hears in addition. */
  let lie = 0;
  /** Numbers of batches as they are made. */
  let made: number[];

  before(async () => {
    world = await NodeWorld.create();
    await world.fund();
    const direct = rpcOf(world.rollup);
    const rpc: Rpc = async (method, params) => {
      const answer = await direct(method, params);
      if (method !== "eth_getBlockByNumber" || answer === null) return answer;
      const { timestamp } = answer as { timestamp: string };
      return { ...answer, timestamp: `0x${(Number(timestamp) + lie).toString(16)}` };
    };
    const { equip, l1 } = nodeOptions(rpc, world.rollup.address);
    world.configure({ l1, equip: async (rollup) => ({ ...(await equip(rollup)), prover: never }) });
  });
  beforeEach(async () => {
    await world.restart();
    await looks(4);
    made = [];
    world.node.subscribe((event) => event.type === "batch" && made.push(event.number));
  });
  afterEach(async () => {
    // All is verified, by a prover and in a time of their own.
    const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
    await world.restart({ equip });
    await looks(4);
    await world.settle();
  });
  after(() => world.close());

  const time = () => world.rollup.chain.networkHelpers.time;
  const truth = (): Promise<number> => time().latest();
  const pay = (validity = 5 * HOUR) =>
    truth().then((now) => world.send("alice", "bob", 5n, { validUntil: now + validity }));

  async function looks(count: number, seconds = 0): Promise<void> {
    lie = seconds;
    await world.looks(count);
    lie = 0;
  }

  /** A batch of the true time. */
  async function makeBatch() {
    await world.send("carol", "bob", 5n);
    await looks(1);
    const [batch] = world.node.underWay();
    expect(batch!.request.timestamp).to.equal(await truth());
    return batch!;
  }

  const underWay = () => world.node.underWay().map(({ c }) => c);

  for (const [name, seconds] of [
    ["too far ahead for a batch that was made", 7 * HOUR],
    ["before a batch that was made", -HOUR],
  ] as const) {
    it(`gives up nothing by ${LIES} that are ${name}, nor by as many that a node sees first`, async () => {
      const { c } = await makeBatch();
      await looks(LIES, seconds);
      expect(underWay()).to.deep.equal([c]);
      await looks(4);
      await world.restart();
      await looks(LIES, seconds);
      expect(underWay()).to.deep.equal([c]);
    });

    it(`gives up what no true time can take, after ${LIES + 1}: ${name}`, async () => {
      const { c } = await makeBatch();
      await looks(LIES + 1, seconds);
      expect(underWay()).to.not.include(c);
    });
  }

  it(`makes a batch of the true time after ${LIES} that are a little ahead`, async () => {
    await looks(LIES - 1, 250);
    await pay();
    await looks(1, 250);
    const [batch] = world.node.underWay();
    expect(batch!.request.timestamp).to.equal(await truth());
  });

  it(`makes none while ${LIES} are so far ahead that a batch's time is in doubt`, async () => {
    await world.send("carol", "bob", 5n);
    await looks(LIES, 7 * HOUR);
    // A batch of the true time would be dropped if these were true, and one of theirs if they are not.
    expect(made).to.deep.equal([]);
  });

  it(`takes in what is valid for a quarter of an hour after ${LIES} that are far ahead, and holds none of it`, async () => {
    const before = await pay(900);
    await looks(LIES, 7 * HOUR);
    expect(world.held(before)).to.equal(undefined);
    expect(world.now(await pay(900)).status).to.equal("pending");
  });

  it(`takes no queue for overdue by ${LIES} beyond its deadline, nor gives up a batch that leaves it`, async () => {
    await world.restart(LEAVING);
    world.node.subscribe((event) => event.type === "batch" && made.push(event.number));
    await world.deposit("dave", 0, 5n);
    await time().increase(DEADLINES.base - 2 * HOUR);
    await world.rollup.mine(1);
    await looks(4);
    await looks(LIES, 3 * HOUR);
    expect(made, "for the queue").to.deep.equal([]);
    await looks(4);
    await world.send("carol", "bob", 5n);
    await looks(1);
    const own = underWay();
    expect(own).to.have.length(1);
    const before = made.length;
    await looks(LIES, 3 * HOUR);
    expect([underWay(), made.length]).to.deep.equal([own, before]);
    await looks(4);
    await world.restart(LEAVING);
    await looks(LIES, 3 * HOUR);
    expect(underWay(), "by a node's first looks").to.deep.equal(own);
    await looks(4, 3 * HOUR);
    expect(underWay()).to.not.deep.equal(own);
  });

  it("makes no batch that it would give up at once, where L1's time was set back", async () => {
    await makeBatch();
    await looks(4, -HOUR);
    const before = made.length;
    await looks(4, -HOUR);
    expect(made.length, "batches made and given up").to.equal(before);
  });
});
