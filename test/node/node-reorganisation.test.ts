import { expect } from "chai";
import type { PooledSigned } from "../../node/pool/operation.ts";
import type { Transfer } from "../../protocol/operations.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { LONG, seeded } from "../support/random.ts";
import { until } from "../support/until.ts";

const FUNDS = 10n ** 9n;
const NAMES = ["alice", "bob", "carol", "dave"] as const;

describe("node: reorganisations of L1 with deposits and batches in them", () => {
  let world: NodeWorld;
  beforeEach(async () => {
    world = await NodeWorld.create();
    await world.fund(FUNDS);
  });
  afterEach(() => world.close());

  const height = async (): Promise<number> => world.rollup.chain.networkHelpers.time.latestBlock();
  const statuses = (ids: readonly string[]) => new Set(ids.map((id) => world.now({ id }).status));

  /** Deposits, transfers, withdrawals and batches, until so many blocks have passed. Returns the operations' ids. */
  async function live(blocks: number, seed: string): Promise<{ ids: string[]; deposits: [string, number, bigint][] }> {
    const random = seeded(seed);
    const pick = <T>(list: readonly T[]): T => list[Number(random.below(BigInt(list.length)))]!;
    const [ids, deposits, end]: [string[], [string, number, bigint][], number] = [[], [], (await height()) + blocks];
    while ((await height()) < end) {
      const [from, to, token, amount] = [pick(NAMES), pick(NAMES), pick([0, 1]), 1n + random.below(1000n)];
      if (random.below(3n) === 0n) {
        deposits.push([from, token, amount]);
        await world.deposit(from, token, amount);
      } else ids.push((await world.send(from, pick([to, undefined]), amount, { token })).id);
      if (random.below(3n) > 0n) await world.settle();
    }
    return { ids, deposits };
  }

  for (const depth of LONG ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1, 4, 10]) {
    it(`${depth} blocks deep take back nothing for good, whatever L1 makes of the deposits`, async () => {
      const rejoin = await world.rollup.branch();
      const { ids, deposits } = await live(depth, `lost ${depth}`);
      await world.settle();
      expect(statuses(ids)).to.satisfy((all: Set<string>) => ids.length === 0 || [...all].join() === "verified");
      const blocks = await height();
      await rejoin();
      // The deposits come again in another order, one is missing, and one is new.
      await world.deposit("dave", 0, 5000n + BigInt(depth));
      for (const deposit of deposits.toReversed().slice(1)) await world.deposit(...deposit);
      await world.rollup.mine(Math.max(1, blocks + 1 - (await height())));
      await world.settle();
      expect(statuses(ids)).to.satisfy((all: Set<string>) => ids.length === 0 || [...all].join() === "verified");
      await world.expectTruth();
      const { ids: later } = await live(2, `after ${depth}`);
      await world.settle();
      expect(later.length === 0 || [...statuses(later)].join() === "verified").to.equal(true);
      await world.expectTruth();
    });
  }

  it("keep the batches that still fit, and send them again as they are", async () => {
    const rejoin = await world.rollup.branch();
    const { id } = await world.send("alice", "bob", 5n);
    await world.settle();
    const { number, words } = world.node.pool.batches.find(world.now({ id }).batch!)!;
    await rejoin();
    await world.rollup.mine(5);
    await world.settle();
    expect(world.now({ id })).to.deep.include({ status: "verified", batch: number });
    expect(world.node.store.batch(number)!.words).to.deep.equal(words);
    await world.expectTruth();
  });

  /** Has a deposit spent, then takes it back. Returns the operation that spent it. */
  async function loseDeposit(changes: Partial<Transfer> = {}): Promise<{ id: string }> {
    const rejoin = await world.rollup.branch();
    await world.deposit("erin", 0, 40n);
    await world.settle();
    const { id } = await world.send("erin", "bob", 40n, changes);
    await world.settle();
    await rejoin();
    await world.rollup.mine(8);
    await world.node.step();
    return { id };
  }

  it("make what cannot be paid any more wait for as long as it is valid, as its deposit may come again", async () => {
    const spent = await loseDeposit();
    await world.finalise();
    expect([world.now(spent).status, world.held(spent)]).to.deep.equal(["pending", "ACCOUNT_NOT_FOUND"]);
    await world.deposit("erin", 0, 40n);
    await world.settle();
    expect(world.now(spent).status).to.equal("verified");
    await world.expectTruth();
  });

  it("reject it in the end, when neither a batch nor a transaction can bring it about any more", async () => {
    const { time } = world.rollup.chain.networkHelpers;
    const spent = await loseDeposit({ validUntil: (await time.latest()) + 3600 });
    await time.increase(3600);
    await world.finalise();
    await world.looks();
    // Its batch, which L1 had once, may be mined for six hours.
    expect(world.node.held(spent)).to.have.keys("code", "message", "transaction", "until");
    await time.increase(2 * 3600);
    await world.finalise();
    await world.looks();
    expect(world.now(spent).status).to.equal("pending");
    await time.increase(4 * 3600);
    await world.finalise();
    expect(await world.rejection(spent)).to.equal("OPERATION_EXPIRED");
    expect(world.now(spent).reason!.message).to.include("there is no account");
    await world.expectTruth();
  });

  it("reject what is valid for ever, once the chain without its account is final and no transaction can bring it about", async () => {
    const { time } = world.rollup.chain.networkHelpers;
    const spent = await loseDeposit();
    await world.finalise();
    await world.looks(8);
    expect(world.held(spent), "its batch may be mined").to.equal("ACCOUNT_NOT_FOUND");
    await time.increase(7 * 3600);
    await world.finalise();
    expect(await world.rejection(spent)).to.equal("ACCOUNT_NOT_FOUND");
    expect(world.now(spent).reason!.message).to.match(/nor was one in any block up to \d+, which is final/);
    await world.expectTruth();
  });

  it("reject none of it before that", async () => {
    const rejoin = await world.rollup.branch();
    await world.deposit("erin", 0, 40n);
    await world.settle();
    // In no batch, and in no transaction.
    const { id } = await world.send("erin", "bob", 40n);
    await rejoin();
    await world.rollup.mine(8);
    for (let i = 0; i < 8; i++) {
      await world.node.step();
      await world.rollup.mine(1);
    }
    expect([world.now({ id }).status, world.held({ id })]).to.deep.equal(["pending", "ACCOUNT_NOT_FOUND"]);
    await world.finalise();
    expect(await world.rejection({ id })).to.equal("ACCOUNT_NOT_FOUND");
  });

  it("do not stop the node when another's account stands where a signer's was", async () => {
    const spent = await loseDeposit();
    const { rollup, signers } = world.rollup.chain;
    const [{ accepted }, stranger] = [world.now(spent), signers["bob"]!];
    await rollup.connect(stranger).deposit(0, 50n, 4321n, stranger.address, stranger.address, { value: 10n ** 17n });
    const other = await world.send("alice", "bob", 6n);
    await until(
      () => world.node.step().then(() => world.now(other).status === "verified" || undefined),
      "the other one",
    );
    expect(world.node.store.state().account((accepted as PooledSigned["accepted"]).operation.from)).to.deep.include({
      pubKeyY: 4321n,
    });
    await world.looks();
    expect([world.now(spent).status, world.held(spent)]).to.deep.equal(["pending", "SIGNATURE_INVALID"]);
    await world.finalise();
    expect(await world.rejection(spent)).to.equal("SIGNATURE_INVALID");
    await world.expectTruth();
  });
});
