import { expect } from "chai";
import { toQuantity } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { revertOf } from "../../l1/revert.ts";
import { calldataOf } from "../../node/submitter/call.ts";
import type { ProvenBatch } from "../../node/submitter/submission.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { encodeWords, type PublishedBatch } from "../../protocol/words.ts";
import { FOLLOWED_SIZES, FollowedRollup, PEOPLE, placeOf } from "../support/node/followed-rollup.ts";
import { rpcOf } from "../support/node/stores.ts";
import { keyOf } from "../support/protocol/world.ts";
import { seeded } from "../support/random.ts";
import { Revert, RollupModel, type RollupStorage } from "./rollup-model.ts";

const STEPS = 90;
const [HOUR, DAY] = [3_600, 86_400];

/** Views that nodes ask for. */
const VIEWS = [
  "batchNumber",
  "stateRoot",
  "batchChain",
  "queueBounds",
  "queueFee",
  "tokenCount",
  "isFrozen",
  "freezeTime",
];

// The simulation's L1 has this model in place of the contract. Both are given the same calls here.
describe("simulation: the model of the contract", () => {
  let world: FollowedRollup;
  let model: RollupModel;
  let storage: RollupStorage;
  const random = seeded("rollup model");
  const pick = <T>(list: readonly T[]): T => list[Number(random.below(BigInt(list.length)))]!;
  const outcomes = new Map<string, number>();

  beforeEach(async () => {
    outcomes.clear();
    world = await FollowedRollup.create();
    const operator = world.chain.signers["operator"]!.address;
    model = new RollupModel({
      ...{ chainId: 31337, address: world.address, operator, sizes: FOLLOWED_SIZES, tokens: 1 },
      verify: () => true,
    });
    storage = model.genesis;
  });
  afterEach(() => world.close());

  /** Makes a call at a time on the chain and on the model, and expects the same of both. */
  async function both(name: string, data: string, value = 0n, later = 1): Promise<boolean> {
    const rpc = rpcOf(world);
    const from = world.chain.signers[name]!.address;
    const time = (await world.chain.networkHelpers.time.latest()) + later;
    await rpc("evm_setNextBlockTimestamp", [time]);
    const call = { from, to: world.address, data, value: toQuantity(value), gas: toQuantity(3_000_000) };
    let reason: string | undefined;
    let effect: ReturnType<RollupModel["execute"]> | undefined;
    try {
      effect = model.execute(storage, { from, data, value }, time);
    } catch (error) {
      if (!(error instanceof Revert)) throw error;
      reason = error.reason;
    }
    const hash = await rpc("eth_sendTransaction", [call]).catch((error: unknown) => {
      const told = revertOf(error)?.name;
      expect(reason, `${told ?? String(error)} is what the contract says`).not.to.equal(undefined);
      if (ROLLUP.getError(reason!) !== null) expect(told).to.equal(reason);
    });
    outcomes.set(reason ?? "done", (outcomes.get(reason ?? "done") ?? 0) + 1);
    if (effect === undefined) {
      expect(hash, `the model says ${reason}`).to.equal(undefined);
      return false;
    }
    const receipt = (await rpc("eth_getTransactionReceipt", [hash])) as {
      logs: { topics: string[]; data: string; address: string }[];
    };
    const logs = receipt.logs.filter(({ address }) => address.toLowerCase() === world.address.toLowerCase());
    expect(effect.logs.map(({ topics, data }) => ({ topics, data }))).to.deep.equal(
      logs.map(({ topics, data }) => ({ topics, data })),
    );
    storage = effect.storage;
    return true;
  }

  async function expectSameViews(): Promise<void> {
    const { queueHead, queue } = storage;
    const calls: readonly (readonly [string, readonly unknown[]])[] = [
      ...VIEWS.map((name) => [name, []] as const),
      ...[queueHead - 1, queueHead, queue.length - 1].filter((i) => i >= 0).map((i) => ["queueEntry", [i]] as const),
      ...[0, 1].flatMap((token) => [
        ["tokenTotal", [token]] as const,
        ...PEOPLE.map((name) => ["withdrawable", [token, world.chain.signers[name]!.address]] as const),
      ]),
    ];
    for (const [name, args] of calls) {
      const data = ROLLUP.encodeFunctionData(name, args);
      const told = await rpcOf(world)("eth_call", [{ to: world.address, data }, "latest"]);
      expect(model.view(storage, data), `${name}(${args.join()})`).to.equal(told);
    }
  }

  /** A batch in which something is wrong. */
  const spoilt = (batch: ProvenBatch): string => {
    const size = FOLLOWED_SIZES[batch.size]!;
    const change = (changes: (batch: PublishedBatch) => Partial<PublishedBatch>): string => {
      const published = decodeWords(size, batch.words);
      return calldataOf([{ ...batch, words: encodeWords(size, { ...published, ...changes(published) }) }]);
    };
    return pick([
      () => change(({ oldRoot }) => ({ oldRoot: oldRoot + 1n })),
      () => change(({ batchNumber }) => ({ batchNumber: batchNumber + 1 })),
      () => change(({ timestamp }) => ({ timestamp: timestamp + 1_000 })),
      () => change(({ timestamp }) => ({ timestamp: timestamp - 6 * HOUR - 10 })),
      () => change(({ domain }) => ({ domain: domain + 1n })),
      () => change(({ l1Operations }) => ({ l1Operations: l1Operations.slice(1) })),
      () => calldataOf([{ ...batch, refundAddresses: [...batch.refundAddresses, world.address] }]),
      () => calldataOf([{ ...batch, refundAddresses: batch.refundAddresses.map(() => world.address) }]),
      () => calldataOf([{ ...batch, size: 7 }]),
      () => calldataOf([{ ...batch, words: batch.words.subarray(1) }]),
    ])();
  };

  const deposit = (name: string, token: number, amount: bigint, value: bigint): Promise<boolean> => {
    const { address } = world.chain.signers[name]!;
    const args = [token, amount, keyOf(name).publicKey.y, address, world.address];
    return both("operator", ROLLUP.encodeFunctionData("deposit", args), value);
  };

  const waiting = (): number => storage.queue.length - storage.queueHead;
  const fee = (): bigint =>
    ROLLUP.decodeFunctionResult("queueFee", model.view(storage, ROLLUP.encodeFunctionData("queueFee"))!)[0] as bigint;

  /** The followed rollup makes batches; it is told of what came into the queue as if it had come through it. */
  async function queue(work: () => Promise<void>): Promise<void> {
    const before = await rpcOf(world)("evm_snapshot", []);
    await work();
    await rpcOf(world)("evm_revert", [before]);
  }

  async function queueDeposit(name: string, token: number, amount: bigint): Promise<void> {
    const refund = `0x${"dead".repeat(9)}${String(1000 + waiting())}`;
    const { address } = world.chain.signers[name]!;
    const data = ROLLUP.encodeFunctionData("deposit", [token, amount, keyOf(name).publicKey.y, address, refund]);
    const value = fee() + (token === 0 ? amount : 0n);
    await queue(() => world.deposit(name, token, amount));
    await both("operator", data, value);
  }

  it(`does what the contract does, in ${STEPS} calls of every kind and after each`, async () => {
    const steps: readonly (() => Promise<unknown>)[] = [
      () => queueDeposit(pick(PEOPLE), pick([0, 1]), 1n + random.below(10n ** 6n)),
      async () => {
        const [name, token] = [pick(PEOPLE), pick([0, 1])];
        const index = placeOf(pick(PEOPLE), token);
        await queue(() => world.forceWithdrawal(name, index, token));
        await both(name, ROLLUP.encodeFunctionData("requestWithdrawal", [index, token]), fee());
      },
      () => deposit("alice", pick([0, 5]), pick([0n, 7n]), pick([0n, fee()])),
      () =>
        both(
          pick(PEOPLE),
          ROLLUP.encodeFunctionData("withdraw", [pick([0, 1]), world.chain.signers[pick(PEOPLE)]!.address]),
        ),
      () => both("alice", ROLLUP.encodeFunctionData("freeze")),
      batch,
      batch,
      batch,
    ];
    async function batch(): Promise<void> {
      const goBack = [world.state.fork(), await world.branch()] as const;
      const made = await world.proven({ size: pick([0, 0, 1]) });
      if (random.below(2n) === 0n) {
        if (await both("operator", spoilt(made))) throw new Error("a spoilt batch was taken");
        return goBack[1]();
      }
      // Anyone else may submit once the queue is overdue, and must then take enough of it.
      const sender = pick(["operator", "operator", "alice"]);
      // Just in time, and a second too late.
      const later = pick([1, 1, 6 * HOUR, 6 * HOUR + 1]);
      if (!(await both(sender, calldataOf([made]), 0n, later))) await goBack[1]();
    }
    for (let step = 0; step < STEPS; step++) {
      await pick(steps)();
      await expectSameViews();
      if (random.below(20n) === 0n) await world.chain.networkHelpers.time.increase(pick([HOUR, 4 * DAY]));
    }
    expect(outcomes.get("done")).to.be.above(STEPS / 4);
    expect([...outcomes.keys()]).to.include.members([
      "WrongOldRoot",
      "WrongBatchNumber",
      "TimestampOutOfRange",
      "NotOperator",
    ]);
  });

  it("has as much of an overdue queue served as the contract, to the second", async () => {
    const { time } = world.chain.networkHelpers;
    await queueDeposit("alice", 0, 5n);
    await time.increase(4 * DAY);
    await queueDeposit("bob", 0, 5n);
    const queuedAt = await time.latest();
    const [goBack, before] = [await world.branch(), storage];
    for (const [later, isTaken] of [
      [599, true],
      [600, false],
    ] as const) {
      await time.increaseTo(queuedAt + later);
      // It has room for one of the two. The other one's deadline is in three days and ten minutes after it was queued.
      const batch = await world.proven({ size: 1 });
      expect(await both("carol", calldataOf([batch])), `${later} s later`).to.equal(isTaken);
      await goBack();
      storage = before;
    }
    expect([...outcomes.keys()]).to.include("QueueNotServed");
  });
});
