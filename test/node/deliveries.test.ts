import { expect } from "chai";
import { Transaction } from "ethers";
import { Batches } from "../../node/http/batches.ts";
import { Receipts } from "../../node/http/receipts.ts";
import { submissionsIn } from "../../node/follow/submissions.ts";
import type { NodeOptions } from "../../node/node.ts";
import type { BatchProver } from "../../node/proving.ts";
import { SheafError } from "../../protocol/errors.ts";
import { readNumbers } from "../../protocol/words.ts";
import { nodeOptions, sham } from "../support/node/node-options.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { rpcOf } from "../support/node/stores.ts";
import { altered, Miner } from "../support/node/submitter.ts";
import { until } from "../support/until.ts";

/** As long as it takes, however cheap gas is. */
const PATIENT: NodeOptions["departure"] = { most: 8, longestWait: 3_600_000, hourPrice: 0n };

describe("node: batches that go to L1 together", () => {
  let world: NodeWorld;
  let miner: Miner;
  /** Batches that are not proven before they are let go, by their numbers. */
  const held = new Map<number, () => void>();
  let holds: (number: number) => boolean;
  /** Whether nothing that the node sends arrives. */
  let isCutOff: boolean;

  const prover: BatchProver = {
    prove: async (batch) => {
      const { batchNumber } = batch.published;
      if (holds(batchNumber)) await new Promise<void>((release) => held.set(batchNumber, release));
      return sham.prove(batch);
    },
    close: () => Promise.resolve(),
  };
  const restart = (changes: Partial<NodeOptions>): Promise<void> => {
    const cut = new SheafError("NETWORK_UNREACHABLE", "cut off");
    const rpc = altered(rpcOf(world.rollup), (method, answer) =>
      isCutOff && method === "eth_sendRawTransaction" ? Promise.reject(cut) : answer(),
    );
    const { equip } = nodeOptions(rpc, world.rollup.address);
    const market = () => Promise.resolve({ baseFee: 10n ** 9n, priorityFee: 0n });
    return world.restart({
      equip: async (rollup) => ({ ...(await equip(rollup)), prover, pricing: { market } }),
      ...changes,
    });
  };

  beforeEach(async () => {
    holds = () => false;
    isCutOff = false;
    held.clear();
    world = await NodeWorld.create();
    miner = new Miner(world.rollup);
    await world.fund();
  });
  afterEach(async () => {
    await miner.automine(true);
    for (const release of held.values()) release();
    await world.close();
  });

  /** Has batches made, a transfer each. Returns their numbers. */
  async function batches(count: number): Promise<readonly number[]> {
    const numbers: number[] = [];
    for (let i = 0; i < count; i++) {
      const { id } = await world.send("alice", "bob", BigInt(10 + i));
      numbers.push(await until(() => world.node.step().then(() => world.now({ id }).batch), "a batch"));
    }
    return numbers;
  }

  const steps = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await world.node.step();
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  const sent = async (): Promise<readonly (readonly number[])[]> =>
    (await miner.mempool()).map(({ data }) => submissionsIn(data).map(({ words }) => readNumbers(words).batchNumber));
  const next = (): number => world.node.store.lastBatch!.number + 1;

  it("wait for the one that is being proven, say so, and share what their transaction costs", async () => {
    await restart({ departure: PATIENT });
    holds = () => true;
    const told: string[] = [];
    world.node.subscribe((event) => event.type === "submission" && told.push(event.state.phase));
    const numbers = await batches(3);
    for (const number of numbers.slice(0, 2)) held.get(number)!();
    await steps();
    expect(world.node.vitals().batch).to.deep.include({ number: numbers[0], submission: "gathering" });
    expect(world.node.vitals().batch!.delivery).to.deep.equal({ first: numbers[0], last: numbers[1] });
    expect(world.node.troubles()).to.deep.equal([]);
    expect(world.node.store.lastBatch!.number).to.equal(numbers[0]! - 1);
    held.get(numbers[2]!)!();
    await world.settle();
    const [first, second, third] = numbers.map((number) => world.node.store.batch(number)!);
    expect([second!.transaction, third!.transaction]).to.deep.equal([first!.transaction, first!.transaction]);
    expect(told).to.deep.equal(["gathering", "sent"]);

    const shown = await new Batches(world.node, new Receipts(rpcOf(world.rollup)), () => undefined).find(numbers[1]!);
    expect(shown.l1).to.deep.include({ transaction: first!.transaction, batches: 3 });
    await world.expectTruth();
  });

  it("go alone, and at once, where no other one is being proven, or more than one is not allowed", async () => {
    await restart({ departure: PATIENT });
    const [number] = await batches(1);
    await world.settle();
    await restart({ departure: { ...PATIENT, most: 1 } });
    const after = next() + 1;
    holds = (made) => made === after;
    await batches(2);
    await until(() => world.node.step().then(() => world.node.store.lastBatch!.number > number! || undefined), "one");
    held.get(after)!();
    await world.settle();
    const { store } = world.node;
    expect(new Set([number!, after - 1, after].map((made) => store.batch(made)!.transaction)).size).to.equal(3);
  });

  it("stay together over a restart, whatever may go together by then, and over a reorganisation", async () => {
    await restart({ departure: PATIENT });
    const rejoin = await world.rollup.branch();
    holds = () => true;
    const numbers = await batches(3);
    await miner.automine(false);
    for (const number of numbers.toReversed()) held.get(number)!();
    holds = () => false;
    await until(() => steps().then(async () => (await sent()).length > 0 || undefined), "a transaction");
    expect(await sent()).to.deep.equal([numbers]);

    // One a transaction, from now on.
    await restart({ departure: { most: 1 } });
    await steps();
    expect(await sent()).to.deep.equal([numbers]);
    expect(numbers.map((number) => world.node.pool.journal.ofBatch(number).length)).to.deep.equal([1, 1, 1]);
    await miner.automine(true);
    await miner.mine();
    await world.settle();
    const { transaction } = world.node.store.batch(numbers[0]!)!;
    await world.expectTruth();

    await rejoin();
    await world.rollup.mine(8);
    await world.settle();
    for (const number of numbers) expect(world.node.store.batch(number)!.transaction).to.equal(transaction);
    await world.expectTruth();
  });

  it("go without those of them that do not fit any more, at their nonce; what these held is in others", async () => {
    await restart({ departure: PATIENT });
    holds = () => true;
    const rejoin = await world.rollup.branch();
    const [first] = await batches(1);
    await world.deposit("carol", 0, 77n);
    const second = await until(
      () => world.node.step().then(() => world.node.underWay().find(({ number }) => number > first!)?.number),
      "a batch with the deposit",
    );
    const { id } = await world.send("alice", "bob", 99n);
    const third = await until(() => world.node.step().then(() => world.now({ id }).batch), "a third one");
    await miner.automine(false);
    for (const number of [third, second, first!]) held.get(number)!();
    await until(() => steps().then(async () => (await sent()).length > 0 || undefined), "a transaction");
    expect(await sent()).to.deep.equal([[first, second, third]]);
    const { raw } = world.node.pool.journal.ofBatch(first!)[0]!;
    holds = () => false;

    // The deposit never was. What the new chain has lost must not be mined in it: it would fail, and use the nonce up.
    isCutOff = true;
    await rejoin();
    await world.rollup.mine(8);
    isCutOff = false;
    await until(async () => {
      await steps();
      return (await sent()).some((numbers) => numbers.length === 1 && numbers[0] === first) || undefined;
    }, "what is left of it");
    // Others may wait behind it.
    const [left] = await miner.mempool();
    expect(submissionsIn(left!.data).map(({ words }) => readNumbers(words).batchNumber)).to.deep.equal([first]);
    expect(left!.nonce).to.equal(Transaction.from(raw).nonce);
    await miner.automine(true);
    await miner.mine();
    await world.settle();
    expect(world.now({ id }).status).to.equal("verified");
    await world.expectTruth();
  });
});
