import { expect } from "chai";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import { SheafNode, type NodeOptions } from "../../../node/node.ts";
import type { BatchProver } from "../../../node/proving.ts";
import { SheafError } from "../../../protocol/errors.ts";
import type { Signed, Transfer } from "../../../protocol/operations.ts";
import type { Groth16Proof } from "../../../prover/prover.ts";
import { BASE_FIELD_ORDER } from "../../../prover/setup/orders.ts";
import { challengeOf, digestOf } from "../../../protocol/challenge.ts";
import { expectCode } from "../../support/errors.ts";
import { newFolder } from "../../support/folders.ts";
import { FOLLOWED_SIZES } from "../../support/node/followed-rollup.ts";
import { ANY_PROOF, nodeOptions, sham } from "../../support/node/node-options.ts";
import { NodeWorld } from "../../support/node/node-world.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { seeded } from "../../support/random.ts";
import { until } from "../../support/until.ts";

const FUNDS = 10n ** 9n;

const endOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason as Error)));
/** Never ends, unless it is told to. */
const never: BatchProver = { ...sham, prove: (_, { signal } = {}) => endOf(signal!) };

describe("node: batches", () => {
  let world: NodeWorld;
  beforeEach(async () => {
    world = await NodeWorld.create();
    await world.fund(FUNDS);
  });
  afterEach(async () => {
    await world.expectTruth();
    await world.close();
  });

  const reasonOf = (operation: { readonly id: string }) => world.now(operation).reason?.code;
  const statusOf = (operation: { readonly id: string }) => world.now(operation).status;

  /** A second node of the same operator, which knows nothing of the first. */
  const openAnother = (): Promise<SheafNode> => {
    const data = newFolder();
    return SheafNode.open({ ...nodeOptions(rpcOf(world.rollup), world.rollup.address), data });
  };

  const withProver = (prover: BatchProver): Pick<NodeOptions, "equip"> => {
    const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
    return { equip: async (rollup) => ({ ...(await equip(rollup)), prover }) };
  };

  describe("go on without", () => {
    it("an operation that expired while it waited; its account's later ones wait for another with its nonce", async () => {
      const { time } = world.rollup.chain.networkHelpers;
      const expired = await world.send("alice", "bob", 5n, { validUntil: (await time.latest()) + 1000 });
      const later = await world.send("alice", "bob", 6n);
      const other = await world.send("carol", "bob", 7n);
      await time.increase(1001);
      await world.restart();
      await world.settle();
      expect(statusOf(other)).to.equal("verified");
      await world.looks();
      expect(await world.rejection(expired)).to.equal("OPERATION_EXPIRED");
      expect(world.held(later)).to.equal("NONCE_WRONG");
      const instead = await world.send("alice", "bob", 7n);
      await world.settle();
      expect([instead, later].map(statusOf)).to.deep.equal(["verified", "verified"]);
    });

    it("what cannot be paid since L1 took the balance, and what was to be paid with it, until it is there again", async () => {
      const { rollup, signers } = world.rollup.chain;
      const paid = await world.send("alice", "bob", FUNDS);
      const passedOn = await world.send("bob", "carol", FUNDS + 9n);
      const other = await world.send("dave", "carol", 7n);
      const value = await rollup.queueFee();
      await rollup.connect(signers["alice"]).requestWithdrawal(world.index("alice"), 0, { value });
      await world.settle();
      expect(statusOf(other)).to.equal("verified");
      await world.finalise();
      const waiting = [paid, passedOn];
      expect(waiting.map((operation) => world.held(operation))).to.deep.equal([
        "BALANCE_INSUFFICIENT",
        "BALANCE_INSUFFICIENT",
      ]);
      await world.deposit("alice", 0, FUNDS);
      await world.settle();
      expect(waiting.map(statusOf)).to.deep.equal(["verified", "verified"]);
    });
  });

  describe("after a restart", () => {
    /** Opens the node again with another prover or submitter. */
    const restartWith = async (changes: object): Promise<void> => {
      const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
      await world.restart({ equip: async (rollup) => ({ ...(await equip(rollup)), ...changes }) });
    };

    it("are the same: made, proven, submitted; and no proof is made twice", async () => {
      await restartWith({ prover: never });
      const operation = await world.send("alice", "bob", 5n);
      await world.node.step();
      expect(statusOf(operation)).to.equal("batched");
      const [made] = world.node.underWay();

      let proofs = 0;
      const counting: BatchProver = { ...sham, prove: (...batch) => (proofs++, sham.prove(...batch)) };
      const silent = { submit: (_: unknown, { signal }: { signal: AbortSignal }) => endOf(signal) };
      await restartWith({ prover: counting, submitter: silent });
      expect(world.node.state().root).to.equal(made!.root);
      await world.node.step();
      await until(() => statusOf(operation) === "proven" || undefined, "the proof");
      await world.node.step();

      await restartWith({ prover: counting });
      expect(world.node.underWay().map(({ words }) => words)).to.deep.equal([made!.words]);
      await world.settle();
      expect(statusOf(operation)).to.equal("verified");
      expect(proofs).to.equal(1);
    });

    it("keep their beneficiary, made or proven, whatever the node's is now", async () => {
      const { rollup } = world.rollup.chain;
      const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
      const restartFor = (beneficiary: bigint, changes: object = {}): Promise<void> =>
        world.restart({ beneficiary, equip: async (parts) => ({ ...(await equip(parts)), ...changes }) });
      const provenFor: bigint[] = [];
      const noting: BatchProver = {
        ...sham,
        prove: (batch, ...options) => {
          const { publicSignals, words, beneficiary } = batch;
          expect(publicSignals.alpha).to.equal(challengeOf(digestOf(publicSignals.c, beneficiary, words)));
          provenFor.push(beneficiary);
          return sham.prove(batch, ...options);
        },
      };
      const silent = { submit: (_: unknown, { signal }: { signal: AbortSignal }) => endOf(signal) };

      await restartFor(1n, { prover: never });
      await world.send("alice", "bob", 5n);
      await world.node.step();
      expect(world.node.underWay()).to.have.length(1);
      await restartFor(2n, { prover: noting });
      await world.settle();

      await restartFor(3n, { prover: noting, submitter: silent });
      const proven = await world.send("alice", "bob", 6n);
      await world.node.step();
      await until(() => statusOf(proven) === "proven" || undefined, "the proof");
      await restartFor(4n, { prover: noting });
      await world.settle();
      await world.send("alice", "bob", 7n);
      await world.settle();

      const events = await rollup.queryFilter(rollup.filters.BatchSubmitted());
      const paid = events.slice(-3).map(({ args }) => BigInt(args.beneficiary));
      expect([provenFor, paid]).to.deep.equal([
        [1n, 3n, 4n],
        [1n, 3n, 4n],
      ]);
    });

    it("go on when prover and submitter fail a few times", async () => {
      let [failures, submissions] = [0, 0];
      const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
      await world.restart({
        equip: async (rollup) => {
          const { submitter, ...rest } = await equip(rollup);
          return {
            ...rest,
            prover: {
              ...sham,
              prove: (batch) => (failures++ < 2 ? Promise.reject(new Error("no")) : sham.prove(batch)),
            },
            submitter: {
              submit: (...call) =>
                submissions++ < 2 ? Promise.resolve({ kind: "reverted", reason: "tired" }) : submitter.submit(...call),
            },
          };
        },
      });
      const operation = await world.send("alice", "bob", 5n);
      await world.settle();
      expect(statusOf(operation)).to.equal("verified");
      expect(world.failures).to.have.length(4);
    });
  });

  it("are built ahead of the proofs, as many as the policy says, and arrive in their order", async () => {
    const release: (() => void)[] = [];
    const prover: BatchProver = {
      ...sham,
      prove: async (batch) => {
        await new Promise<void>((done) => release.push(done));
        return sham.prove(batch);
      },
    };
    const policy = { maxAge: 0, maxQueueAge: 0, maxUnderWay: 3 };
    await world.restart({ policy, ...withProver(prover) });
    const { transfers } = FOLLOWED_SIZES[0];
    const operations = [];
    for (let i = 0; i < 5 * transfers; i++) operations.push(await world.send("alice", "bob", BigInt(1 + i)));
    await world.node.step();
    const numbers = world.node.underWay().map(({ number }) => number);
    expect(numbers).to.have.length(3);
    // The last one's proof comes first.
    while (release.length > 0) release.pop()!();
    await until(() => {
      while (release.length > 0) release.pop()!();
      return world.node.step().then(() => (world.node.pool.operations.pending().length === 0 ? true : undefined));
    }, "all to be in batches");
    await until(() => {
      while (release.length > 0) release.pop()!();
      return world.node.step().then(() => (world.node.underWay().length === 0 ? true : undefined));
    }, "all to be on L1");
    const batches = operations.map((operation) => world.now(operation).batch!);
    expect(batches).to.deep.equal(batches.toSorted((a, b) => a - b));
    expect(new Set(batches).size).to.equal(5);
  });

  it("of two operators by mistake leave every operation on L1 once", async () => {
    const other = await openAnother();
    const stop = new AbortController();
    const running = [world.node.run(stop.signal), other.run(stop.signal)];
    const [ours, theirs] = [[] as string[], [] as string[]];
    for (let i = 0; i < 6; i++) {
      ours.push((await world.send("alice", "bob", BigInt(10 + i))).id);
      const signed = world.sign("carol", "dave", BigInt(20 + i), {
        nonce: other.projected(world.index("carol"))!.nonce,
      });
      theirs.push((await other.submit(signed)).id);
    }
    const isDone = (node: SheafNode) => (id: string) => node.pool.operations.find(id)!.status === "verified";
    await until(() => (ours.every(isDone(world.node)) && theirs.every(isDone(other))) || undefined, "both");
    stop.abort();
    await Promise.all(running);
    await other.close();
  });

  it("never pay somebody else, whose account another operator's batch put at the index", async () => {
    const { index } = await world.openAccount({ ...world.owner("erin"), l1Address: 71n });
    const gift = await world.node.submit(world.sign("alice", "", 8n, { to: index }));
    const other = await openAnother();
    const payment = world.sign("carol", "carol", 0n).operation as Signed<Transfer>;
    const opened = await other.openAccount({ ...world.owner("erin"), l1Address: 72n }, 0, { client: "test", payment });
    expect(opened).to.have.property("index", index);
    await until(() => other.step().then(() => other.store.state().account(index)), "the other's account");
    await other.close();
    await world.settle();
    const lost = [{ id: `creation-${index}` }, gift];
    expect(lost.map((operation) => world.held(operation))).to.deep.equal(["ACCOUNT_EXISTS", "ACCOUNT_MISMATCH"]);
    await world.finalise();
    for (const operation of lost) await world.rejection(operation);
    expect(lost.map(reasonOf)).to.deep.equal(["ACCOUNT_EXISTS", "ACCOUNT_MISMATCH"]);
    expect(world.node.store.state().account(index)).to.deep.include({ l1Address: 72n, balance: 0n });
  });

  it("are made and sent by a loop that survives whatever L1's node does", async () => {
    const random = seeded("bad node");
    const troubles: (() => unknown)[] = [
      () => Promise.reject(new SheafError("NETWORK_UNREACHABLE", "no answer")),
      () => Promise.reject(new RpcError(-32000, "try again")),
      () => null,
      () => "0x",
    ];
    let isBad = true;
    const bad: Rpc = async (method, params) => {
      const trouble = troubles[Number(random.below(isBad ? 24n : 2n ** 60n))];
      return trouble === undefined ? rpcOf(world.rollup)(method, params) : trouble();
    };
    await world.restart(nodeOptions(bad, world.rollup.address));
    const stop = new AbortController();
    const running = world.node.run(stop.signal);
    const sent: string[] = [];
    for (let i = 0; i < 8; i++) {
      sent.push((await world.send("alice", "bob", BigInt(10 + i))).id);
      await world.deposit("carol", 0, BigInt(20 + i));
    }
    await until(() => sent.every((id) => statusOf({ id }) === "verified") || undefined, "all on L1");
    isBad = false;
    stop.abort();
    await running;
    expect(world.failures).to.not.deep.equal([]);
    await world.settle();
  });

  it("are made anew when their time has passed before their proof was there, and so are their proofs", async () => {
    const asked: number[] = [];
    const prover: BatchProver = {
      ...sham,
      prove: ({ published: { timestamp } }, { signal } = {}) => (asked.push(timestamp), endOf(signal!)),
    };
    await world.restart(withProver(prover));
    const { id } = await world.send("alice", "bob", 5n);
    await world.node.step();
    const [late] = world.node.underWay();
    await world.rollup.chain.networkHelpers.time.increase(6 * 3600);
    await world.looks();
    const [fresh] = world.node.underWay();
    expect(fresh!.operations).to.deep.equal([id]);
    expect(fresh!.root, "the same operations").to.equal(late!.root);
    expect(fresh!.request.timestamp).to.be.greaterThan(late!.request.timestamp);
    expect(asked).to.deep.equal([late, fresh].map((own) => own!.request.timestamp));
    await world.restart();
    await world.settle();
    expect(statusOf({ id })).to.equal("verified");
  });

  it("are proven anew, more slowly each time, where L1's verifier refuses their proofs, and whoever makes them is told which", async () => {
    const { rollup, networkHelpers, connection } = world.rollup.chain;
    const { verifier } = await rollup.batchSize(0);
    const accepting = (await connection.provider.request({ method: "eth_getCode", params: [verifier] })) as string;
    // Returns a word of zeros: false.
    await networkHelpers.setCode(verifier, "0x60005f5260205ff3");
    const asked: (Groth16Proof | undefined)[] = [];
    const proofOf = (n: number): Groth16Proof => ({ ...ANY_PROOF, pi_c: [`${n}`, "18", "1"] });
    const prover: BatchProver = {
      ...sham,
      async prove(batch, { refused } = {}) {
        asked.push(refused);
        return { ...(await sham.prove(batch)), proof: proofOf(asked.length) };
      },
    };
    await world.restart(withProver(prover));
    const operation = await world.send("alice", "bob", 5n);
    await until(() => world.node.step().then(() => asked.length > 2 || undefined), "a third proof");
    await networkHelpers.setCode(verifier, accepting);
    await world.settle();
    expect(statusOf(operation)).to.equal("verified");
    expect(asked.slice(0, 3)).to.deep.equal([undefined, proofOf(1), proofOf(2)]);
    for (const failure of world.failures) expect(String(failure)).to.match(/refuses batch \d+: InvalidProof/);
  });

  it("are dropped when the contract refuses them, and what they held goes into others, more slowly each time", async () => {
    const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
    const refused: Uint8Array[] = [];
    const times: number[] = [];
    await world.restart({
      retryPause: 100,
      equip: async (rollup) => {
        const { submitter, ...rest } = await equip(rollup);
        const submit: typeof submitter.submit = (batches, options) => {
          times.push(performance.now());
          if (refused.length === 3) return submitter.submit(batches, options);
          refused.push(batches[0]!.words);
          return Promise.resolve({ kind: "reverted", reason: "3 transactions failed" });
        };
        return { ...rest, submitter: { submit } };
      },
    });
    const [first, second] = [await world.send("alice", "bob", 5n), await world.send("alice", "carol", 6n)];
    await until(() => world.node.step().then(() => refused.length > 0 || undefined), "the refusal");
    await world.node.step();
    expect([statusOf(first), statusOf(second), world.node.underWay()]).to.deep.equal(["pending", "pending", []]);
    expect(world.node.troubles()[0]!.why).to.include("L1 refused it (3 transactions failed)");
    await world.rollup.mine(1);
    await world.settle();
    expect([statusOf(first), statusOf(second)]).to.deep.equal(["verified", "verified"]);
    for (const [i, pause] of [200, 400, 800].entries()) expect(times[i + 1]! - times[i]!).to.be.at.least(pause);
    expect(world.node.store.lastBatch!.words).to.not.deep.equal(refused[0]);
  });

  it("are kept when the contract refuses who sends them, and sent again", async () => {
    const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
    let isOperator = false;
    await world.restart({
      equip: async (rollup) => {
        const { submitter, ...rest } = await equip(rollup);
        const submit: typeof submitter.submit = (...call) =>
          isOperator ? submitter.submit(...call) : Promise.resolve({ kind: "reverted", reason: "NotOperator" });
        return { ...rest, submitter: { submit } };
      },
    });
    await world.send("alice", "bob", 5n);
    await until(() => world.node.step().then(() => world.failures.length > 1 || undefined), "refusals");
    const [kept] = world.node.underWay();
    isOperator = true;
    await world.settle();
    expect(world.node.store.batch(kept!.number)!.words).to.deep.equal(kept!.words);
  });

  it("are proven anew where a proof that was kept has another form than L1 takes", async () => {
    const above = (n: string): string => String(BigInt(n) + BASE_FIELD_ORDER);
    let proofs = 0;
    const prover: BatchProver = {
      ...sham,
      async prove(batch) {
        const [x, y] = ANY_PROOF.pi_a;
        const proof = proofs++ === 0 ? { ...ANY_PROOF, pi_a: [above(x), y, "1"] as const } : ANY_PROOF;
        return { ...(await sham.prove(batch)), proof };
      },
    };
    await world.restart(withProver(prover));
    const operation = await world.send("alice", "bob", 5n);
    await world.settle();
    expect(statusOf(operation)).to.equal("verified");
    expect(proofs).to.equal(2);
    expect(world.failures).to.have.length(1);
    expect(world.failures[0]).to.have.property("code", "PROOF_INVALID");
  });

  it("are told apart where they lead to the same root, for one changes nothing", async () => {
    const held = Promise.withResolvers<void>();
    const prover: BatchProver = { ...sham, prove: (batch) => held.promise.then(() => sham.prove(batch)) };
    await world.restart({ ...withProver(prover), policy: { maxAge: 0, maxQueueAge: 0, queueDepth: 1 } });
    const { rollup, signers } = world.rollup.chain;
    const first = await world.send("alice", "bob", 5n);
    // Another's account: there is nothing to withdraw.
    const value = await rollup.queueFee();
    await rollup.connect(signers["carol"]).requestWithdrawal(world.index("alice"), 0, { value });
    await world.node.step();
    await world.rollup.mine(1);
    await world.node.step();
    const second = await world.send("alice", "bob", 6n);
    await world.node.step();
    const made = world.node.underWay();
    expect(made.map(({ operations }) => operations)).to.deep.equal([[first.id], [], [second.id]]);
    expect(made.map(({ oldRoot }) => oldRoot).slice(1)).to.deep.equal([made[0]!.root, made[0]!.root]);
    held.resolve();
    const { pool } = world.node;
    const proofs = () => made.map(({ number }) => pool.batches.find(number)?.proof?.publicSignals[0]);
    await until(() => proofs().every(Boolean) || undefined, "the proofs");
    expect(proofs()).to.deep.equal(made.map(({ c }) => `${c}`));
    await world.settle();
    expect([statusOf(first), statusOf(second)]).to.deep.equal(["verified", "verified"]);
  });

  it("take as much of an overdue queue as the contract demands, and replace those that do not", async () => {
    const policy = { maxAge: 0, maxQueueAge: Infinity, queueDepth: 10 ** 6 };
    await world.restart({ policy, ...withProver(never) });
    for (let i = 0; i < 4; i++) await world.deposit("alice", 0, BigInt(30 + i));
    const { id } = await world.send("alice", "bob", 5n);
    await world.node.step();
    expect(world.node.underWay().map(({ refundAddresses }) => refundAddresses.length)).to.deep.equal([0]);
    await world.rollup.passDeadline();
    await world.looks();
    const [first] = world.node.underWay();
    expect([first!.refundAddresses.length, first!.operations]).to.deep.equal([3, [id]]);
    await world.restart();
    await world.settle();
  });

  it("are given up when the rollup is frozen, and nothing is taken in", async () => {
    await world.restart(withProver(never));
    const { id } = await world.send("alice", "bob", 5n);
    await world.node.step();
    expect(statusOf({ id })).to.equal("batched");
    await world.deposit("carol", 0, 1n);
    await world.rollup.freeze();
    await world.node.step();
    expect([statusOf({ id }), world.node.underWay()]).to.deep.equal(["pending", []]);
    await expectCode("ROLLUP_FROZEN", () => world.send("alice", "bob", 6n));
    await expectCode("ROLLUP_FROZEN", () => world.openAccount({ pubKeyY: 1n, l1Address: 2n }));
  });
});
