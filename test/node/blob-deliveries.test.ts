import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ROLLUP } from "../../l1/contract.ts";
import { submissionsIn } from "../../node/follow/submissions.ts";
import { RpcError, type Rpc } from "../../node/l1/rpc.ts";
import type { NodeOptions } from "../../node/node.ts";
import type { BatchProver } from "../../node/proving.ts";
import type { Batch } from "../../protocol/batch.ts";
import { SheafError } from "../../protocol/errors.ts";
import { FollowedRollup } from "../support/node/followed-rollup.ts";
import { nodeOptions, sham } from "../support/node/node-options.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { rpcOf } from "../support/node/stores.ts";
import { altered } from "../support/node/submitter.ts";
import { until } from "../support/until.ts";

const IN_BLOB = ROLLUP.getFunction("submitBatchesInBlob")!.selector;
/** As long as it takes, however cheap gas is. */
const PATIENT: NodeOptions["departure"] = { most: 3, longestWait: 3_600_000, hourPrice: 0n };

describe("node: batches whose transfers share a blob", () => {
  let world: NodeWorld;
  /** Batches that were asked to be proven, in order. */
  const asked: Batch[] = [];
  /** Lets go of batches that are not proven before. */
  const held: (() => void)[] = [];
  let holds: boolean;

  const prover: BatchProver = {
    prove: async (batch) => {
      asked.push(batch);
      if (holds) await new Promise<void>((release) => held.push(release));
      return sham.prove(batch);
    },
    close: () => Promise.resolve(),
  };
  const release = (): void => {
    holds = false;
    for (const letGo of held.splice(0)) letGo();
  };
  const equip: NodeOptions["equip"] = async (rollup) => {
    const usual = nodeOptions(rpcOf(world.rollup), world.rollup.address, true);
    const market = () => Promise.resolve({ baseFee: 10n ** 9n, priorityFee: 0n });
    return { ...(await usual.equip(rollup)), prover, pricing: { market } };
  };
  const restart = (changes: Partial<NodeOptions> = {}): Promise<void> =>
    world.restart({ equip, departure: PATIENT, ...changes });

  beforeEach(async () => {
    holds = false;
    world = await NodeWorld.create({}, await FollowedRollup.create(undefined, undefined, true));
    await world.fund();
    asked.splice(0);
    await restart();
  });
  afterEach(async () => {
    release();
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

  const pointsOf = (number: number): readonly bigint[] =>
    asked.filter(({ published }) => published.batchNumber === number).map(({ publicSignals }) => publicSignals.z);
  const sharing = (): readonly (readonly number[])[] =>
    world.node.pool.parcels.all().map(({ first, commitments }) => commitments.map((_, i) => first + i));
  const transactionsOf = (numbers: readonly number[]): readonly string[] =>
    numbers.map((number) => world.node.store.batch(number)!.transaction);

  it("are parted before they are proven: the first alone, those that are made meanwhile together", async () => {
    holds = true;
    const [first] = await batches(1);
    await until(() => world.node.step().then(() => held[0]), "the first one's proof");
    const others = await batches(2);
    await world.looks();
    expect(asked).to.have.length(1);
    expect(world.node.vitals().batch).to.deep.include({ number: first });
    release();
    await world.settle();
    expect(sharing().slice(0, 2)).to.deep.equal([others, [first]]);
    expect(new Set(transactionsOf(others)).size).to.equal(1);
    expect(pointsOf(others[0]!)).to.deep.equal(pointsOf(others[1]!));
    expect(pointsOf(first!)).to.not.deep.equal(pointsOf(others[0]!));
    await world.expectTruth();
  });

  /** Has some batches share a blob: those that are made while one before them is being proven. Returns their numbers. */
  async function shared(count: number): Promise<readonly number[]> {
    holds = true;
    const [first] = await batches(1);
    await until(() => world.node.step().then(() => held[0]), "the first one's proof");
    const others = await batches(count);
    await until(
      () => world.node.step().then(() => world.node.pool.parcels.all()[0]?.first === others[0] || undefined),
      "a blob",
    );
    return [first!, ...others];
  }

  it("are parted anew, and proven anew, where L1 does not take them together, and it is said", async () => {
    const refusing: Rpc = altered(rpcOf(world.rollup), (method, answer, [call]) => {
      const { data = "0x" } = (method === "eth_call" ? call : {}) as { readonly data?: string };
      const isShared = data.startsWith(IN_BLOB) && submissionsIn(data).length > 1;
      if (isShared) throw new RpcError(3, "execution reverted", ROLLUP.encodeErrorResult("InvalidProof"));
      return answer();
    });
    await restart({
      equip: async (rollup) => {
        const { submitter } = await nodeOptions(refusing, world.rollup.address, true).equip(rollup);
        return { ...(await equip(rollup)), submitter };
      },
    });
    const [, ...others] = await shared(3);
    release();
    await world.settle();
    expect(new Set(transactionsOf(others)).size).to.equal(3);
    expect(others.map((number) => new Set(pointsOf(number)).size > 1)).to.deep.equal([true, true, true]);
    const told = world.failures.filter((error) => error instanceof SheafError && error.code === "L1_REVERTED");
    expect(String(told[0])).to.include("together (InvalidProof): 2 at most share a blob");
    await world.expectTruth();
  });

  it("are read from L1 again by their own node, which needs no other source of blobs", async () => {
    const numbers = await shared(3);
    release();
    await world.settle();
    const transactions = transactionsOf(numbers);
    await world.node.close();
    await rm(join(world.data, "rollup.db"));
    await world.open({ equip, departure: PATIENT });
    await world.settle();
    expect(transactionsOf(numbers)).to.deep.equal(transactions);
    await world.expectTruth();
  });

  it("are proven for the same blob after a restart, none twice", async () => {
    const [first, ...others] = await shared(3);
    release();
    const parted = world.node.pool.parcels.all();
    await restart({ departure: { most: 1 } });
    await world.settle();
    expect(world.node.pool.parcels.all()).to.deep.equal(parted);
    for (const number of [first!, ...others]) expect(new Set(pointsOf(number)).size, `${number}`).to.equal(1);
    expect(new Set(transactionsOf(others)).size).to.equal(1);
    await world.expectTruth();
  });
});
