import { expect } from "chai";
import { leafOf } from "../../protocol/account.ts";
import { rootOfPath } from "../../protocol/tree.ts";
import { PEOPLE } from "../support/node/followed-rollup.ts";
import type { NodeOptions } from "../../node/node.ts";
import type { BatchProver } from "../../node/proving.ts";
import { nodeOptions, sham } from "../support/node/node-options.ts";
import { rpcOf } from "../support/node/stores.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { LONG, seeded } from "../support/random.ts";

const BATCHES = LONG ? 220 : 15;
/** Batches in a transaction at most. */
const MOST = 8;

/** As long as it takes, however cheap gas is. */
const TOGETHER: NodeOptions["departure"] = { most: MOST, longestWait: 3_600_000, hourPrice: 0n };

describe("node: a long run", () => {
  let world: NodeWorld;
  /** Nothing is proven before it is fulfilled. */
  let gate = Promise.resolve();
  before(async () => {
    world = await NodeWorld.create();
    const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
    const prover: BatchProver = {
      prove: (batch) => gate.then(() => sham.prove(batch)),
      close: () => Promise.resolve(),
    };
    const market = () => Promise.resolve({ baseFee: 10n ** 9n, priorityFee: 0n });
    await world.restart({
      equip: async (parts) => ({ ...(await equip(parts)), prover, pricing: { market } }),
      departure: TOGETHER,
    });
    await world.fund();
  });
  after(() => world.close());

  /** One of everything that can happen, in an order that depends on the seed alone. */
  async function live(random: ReturnType<typeof seeded>): Promise<void> {
    const pick = <T>(list: readonly T[]): T => list[Number(random.below(BigInt(list.length)))]!;
    const { rollup, signers } = world.rollup.chain;
    const [from, to, token, amount] = [pick(PEOPLE), pick(PEOPLE), pick([0, 1]), 1n + random.below(1000n)];
    const actions = [
      () => world.deposit(from, token, amount),
      () => world.openAccount({ pubKeyY: random.field(), l1Address: 1n + random.below(1n << 160n) }, token, from),
      () => rollup.connect(signers["erin"]).requestWithdrawal(world.index(to, token), token, { value: 10n ** 18n }),
      () => world.send(from, to, amount, { token, fee: pick([0n, 2n]) }),
      () => world.send(from, to, amount, { token }),
      () => world.send(from, undefined, amount, { token }),
      () => world.send(from, to, 7n, { token }).then(() => world.send(to, from, 8n, { token })),
      () => rollup.withdraw(token, signers[from]!.address).catch(() => undefined), // There may be nothing to pull.
      () => world.rollup.mine(2),
    ];
    await pick(actions)();
  }

  /** Some batches, in one transaction if they are all proven before any of them leaves. */
  async function deliver(random: ReturnType<typeof seeded>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const length = 1 + Number(random.below(BigInt(MOST)));
    while (world.node.underWay().length < length) {
      await live(random);
      await world.node.step();
    }
    resolve();
    await world.settle();
  }

  it(`of over ${BATCHES} batches is restored from L1 byte for byte, in deliveries of any length`, async () => {
    const random = seeded("long run");
    while ((world.node.store.lastBatch?.number ?? 0) < BATCHES) await deliver(random);
    expect(world.failures).to.deep.equal([]);
    expect(world.node.pool.operations.list({ status: ["rejected"], limit: 10 })).to.deep.equal([]);
    await world.expectTruth();
    const transactions = Map.groupBy(world.node.store.batches(), ({ transaction }) => transaction);
    const lengths = new Set([...transactions.values()].map(({ length }) => length));
    expect(lengths.size, [...lengths].join()).to.be.at.least(LONG ? MOST : 2);
  });

  it("leaves proofs of every older root", () => {
    const { store } = world.node;
    for (const { number, root } of store.batches()) {
      const state = store.state(number);
      const indexes = [...state.accounts().keys()];
      for (const index of [indexes.at(0)!, indexes.at(-1)!, 4000]) {
        expect(rootOfPath(index, leafOf(index, state.account(index)), state.path(index))).to.equal(root);
      }
    }
  });
});
