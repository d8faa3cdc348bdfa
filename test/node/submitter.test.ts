import { expect } from "chai";
import { HDNodeWallet, Transaction } from "ethers";
import { httpRpc, RpcError } from "../../node/rpc.ts";
import type { ProvenBatch, SubmitOutcome, SubmitState } from "../../node/submitter/submission.ts";
import { Submitter, type SubmitterOptions } from "../../node/submitter/submitter.ts";
import { expectCode } from "../support/errors.ts";
import { FollowedRollup } from "../support/followed-rollup.ts";
import { seeded } from "../support/random.ts";
import { SLOTS } from "../support/rollup.ts";
import { RpcServer, type Trouble } from "../support/rpc-server.ts";
import { rpcOf } from "../support/stores.ts";
import { altered, behind, GWEI, MemoryJournal, Miner, OPERATOR } from "../support/submitter.ts";
import { until } from "../support/until.ts";

describe("node: submitter", () => {
  let world: FollowedRollup;
  let miner: Miner;
  let goBack: () => Promise<void>;
  let isOver: boolean;

  before(async () => {
    world = await FollowedRollup.create();
    miner = new Miner(world);
    await world.fund();
  });
  beforeEach(async () => {
    goBack = await world.branch();
    await miner.automine(false);
    isOver = false;
  });
  afterEach(async () => {
    isOver = true;
    await miner.automine(true);
    await goBack();
  });
  after(() => world.close());

  /** A submitter that loses no time, does not replace transactions by itself, and ends with the test. */
  function submitterWith({ rpc = rpcOf(world), ...changes }: Partial<SubmitterOptions> = {}): Submitter {
    return new Submitter({
      ...{ rollup: world.address, signer: OPERATOR, journal: new MemoryJournal() },
      ...{ feeCap: 500n * GWEI, patience: 3_600_000, interval: 1 },
      ...changes,
      rpc: altered(rpc, (_, answer) => {
        if (isOver) throw new Error("the test is over");
        return answer();
      }),
    });
  }

  /** Makes batches that differ in each, to be submitted one after the other. */
  async function batches(count: number): Promise<readonly ProvenBatch[]> {
    const made: ProvenBatch[] = [];
    for (let i = 0; i < count; i++) {
      made.push(await world.proven({ spends: [{ from: "alice", to: "bob", amount: BigInt(101 + i) }] }));
    }
    return made;
  }

  const batch = async (): Promise<ProvenBatch> => (await batches(1))[0]!;
  /** Somebody else's batch with the same number, in the mempool or mined. */
  async function rival(): Promise<ProvenBatch> {
    const leave = await world.branch();
    const other = await world.proven({ spends: [{ from: "bob", to: "carol", amount: 7n }] });
    await leave();
    return other;
  }

  /** From the operator's account, past the submitter. */
  async function sendElsewhere({ size, proof, c, words, refundAddresses }: ProvenBatch): Promise<void> {
    const { rollup, signers } = world.chain;
    await rollup.connect(signers["operator"]).submitBatch(size, proof, c, words, [...refundAddresses]);
  }

  const nonceOf = (): Promise<number> => world.chain.signers["operator"]!.getNonce("latest");
  const batchNumber = async (): Promise<number> => Number(await world.chain.rollup.batchNumber());

  function expectMined(outcome: SubmitOutcome): SubmitOutcome & { readonly kind: "mined" } {
    expect(
      outcome.kind,
      JSON.stringify(outcome, (_, value: unknown) => String(value)),
    ).to.equal("mined");
    return outcome as SubmitOutcome & { readonly kind: "mined" };
  }

  it("has a batch mined, and tells what it took", async () => {
    const states: SubmitState[] = [];
    const next = await batch();
    const outcome = submitterWith().submit(next, { onState: (state) => states.push(state) });
    const [waiting] = await miner.waiting(1);
    await miner.mine();
    const mined = expectMined(await outcome);
    const receipt = (await world.chain.connection.ethers.provider.getTransactionReceipt(waiting!.hash!))!;
    expect(mined).to.deep.equal({
      kind: "mined",
      transaction: receipt.hash,
      block: receipt.blockNumber,
      blockHash: receipt.blockHash,
      gasUsed: receipt.gasUsed,
      gasPrice: receipt.gasPrice,
      from: OPERATOR.address,
    });
    expect(states).to.deep.equal([
      {
        phase: "sent",
        transaction: receipt.hash,
        maxFeePerGas: waiting!.maxFeePerGas,
        priorityFee: waiting!.maxPriorityFeePerGas,
      },
    ]);
    expect(await batchNumber()).to.equal(next.batchNumber);
  });

  it("sends several in their order, with consecutive nonces, while none is mined", async () => {
    const first = await nonceOf();
    const submitter = submitterWith();
    const outcomes = (await batches(3)).map((next) => submitter.submit(next));
    const waiting = await miner.waiting(3);
    expect(waiting.map(({ nonce }) => nonce)).to.deep.equal([first, first + 1, first + 2]);
    await miner.mine();
    const mined = (await Promise.all(outcomes)).map(expectMined);
    expect(mined.map(({ transaction }) => transaction)).to.deep.equal(waiting.map(({ hash }) => hash));
  });

  it("does not send a batch before the one that it stands on", async () => {
    const [first, second] = await batches(2);
    const submitter = submitterWith();
    const states: SubmitState[] = [];
    const outcome = submitter.submit(second!, { onState: (state) => states.push(state) });
    await until(() => states[0], "a state");
    expect(states).to.deep.equal([{ phase: "queued" }]);
    expect(await miner.mempool()).to.deep.equal([]);
    const before = submitter.submit(first!);
    await miner.waiting(2);
    await miner.mine();
    expectMined(await before);
    expectMined(await outcome);
  });

  describe("after a crash", () => {
    const CRASHES: readonly [string, boolean][] = [
      ["between noting a transaction and sending it", false],
      ["between sending a transaction and hearing of it", true],
    ];
    for (const [when, isSent] of CRASHES) {
      it(`${when}, finds it again and sends no other`, async () => {
        const next = await batch();
        const journal = new MemoryJournal();
        const crash = new AbortController();
        const rpc = altered(rpcOf(world), async (method, answer) => {
          if (method !== "eth_sendRawTransaction") return answer();
          expect(journal.transactions, "noted before it is sent").to.have.length(1);
          if (isSent) await answer();
          crash.abort(new Error("killed"));
          return new Promise(() => undefined); // The process is gone.
        });
        void submitterWith({ rpc, journal }).submit(next, { signal: crash.signal });
        await until(() => crash.signal.aborted || undefined, "the crash");
        const outcome = submitterWith({ journal }).submit(next);
        await miner.waiting(1);
        await miner.mine();
        expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
        expect(journal.transactions).to.have.length(1);
      });
    }

    it("that the chain went on without, knows its transaction as its own", async () => {
      const next = await batch();
      const journal = new MemoryJournal();
      const crash = new AbortController();
      const lost = submitterWith({ journal }).submit(next, { signal: crash.signal });
      const [waiting] = await miner.waiting(1);
      crash.abort(new Error("killed"));
      const error: unknown = await lost.catch((reason: unknown) => reason);
      expect(error).to.have.property("message", "killed");
      await miner.mine();
      const outcome = expectMined(await submitterWith({ journal }).submit(next));
      expect(outcome.transaction).to.equal(waiting!.hash);
    });
  });

  describe("when a transaction is not mined", () => {
    it("replaces it by one that offers an eighth more of both fees, up to the cap, and then waits", async () => {
      const states: SubmitState[] = [];
      const journal = new MemoryJournal();
      const feeCap = 4n * GWEI;
      const outcome = submitterWith({ journal, feeCap, patience: 0 }).submit(await batch(), {
        onState: (state) => states.push(state),
      });
      await until(() => states.find(({ phase }) => phase === "expensive"), "the cap");
      const versions = journal.transactions.map(({ raw }) => Transaction.from(raw));
      expect(versions.length).to.be.at.least(3);
      for (const [i, version] of versions.entries()) {
        expect(version.nonce).to.equal(versions[0]!.nonce);
        expect(version.maxFeePerGas! <= feeCap).to.equal(true);
        if (i === 0) continue;
        for (const fee of ["maxFeePerGas", "maxPriorityFeePerGas"] as const) {
          expect(version[fee]! * 8n >= versions[i - 1]![fee]! * 9n, `${fee} of ${i}`).to.equal(true);
        }
      }
      const { needed, cap } = states.findLast((state) => state.phase === "expensive")!;
      expect(cap).to.equal(feeCap);
      expect(needed > cap).to.equal(true);
      await miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(versions.at(-1)!.hash);
    });

    it("knows its batch when an earlier version is mined", async () => {
      const journal = new MemoryJournal();
      // The mempool that mines does not hear of the replacements.
      let sends = 0;
      const rpc = altered(rpcOf(world), (method, answer) =>
        method === "eth_sendRawTransaction" && ++sends > 1 ? `0x${"00".repeat(32)}` : answer(),
      );
      const outcome = submitterWith({ rpc, journal, patience: 0 }).submit(await batch());
      await until(() => (journal.transactions.length > 1 ? true : undefined), "a replacement");
      await miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
    });

    it("replaces nothing behind a transaction that waits itself", async () => {
      const journal = new MemoryJournal();
      const submitter = submitterWith({ journal, patience: 0, feeCap: 4n * GWEI });
      const states: SubmitState[] = [];
      const [first, second] = await batches(2);
      const onState = (state: SubmitState): number => states.push(state);
      const outcomes = [submitter.submit(first!, { onState }), submitter.submit(second!)];
      await until(() => states.find(({ phase }) => phase === "expensive"), "the cap");
      await miner.waiting(2);
      expect(journal.ofBatch(second!.batchNumber)).to.have.length(1);
      await miner.mine();
      (await Promise.all(outcomes)).map(expectMined);
    });

    it("sends it again where a mempool has dropped it", async () => {
      const journal = new MemoryJournal();
      const outcome = submitterWith({ journal }).submit(await batch());
      for (let i = 0; i < 3; i++) await miner.drop((await miner.waiting(1))[0]!.hash!);
      await miner.waiting(1);
      await miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
      expect(journal.transactions).to.have.length(1);
    });
  });

  describe("when a node refuses", () => {
    it("offers more to one that calls it underpriced", async () => {
      const journal = new MemoryJournal();
      const rpc = altered(rpcOf(world), (method, answer) => {
        if (method !== "eth_sendRawTransaction" || journal.transactions.length > 2) return answer();
        throw new RpcError(-32000, "transaction underpriced: tip needed 3, tip permitted 1");
      });
      const outcome = submitterWith({ rpc, journal }).submit(await batch());
      await miner.waiting(1);
      await miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[2]!.hash);
    });

    it("waits while the account has no funds, or the mempool no room, and says so", async () => {
      for (const message of ["insufficient funds for gas * price + value", "txpool is full"]) {
        const states: SubmitState[] = [];
        const rpc = altered(rpcOf(world), (method, answer) => {
          if (method === "eth_sendRawTransaction" && states.length < 1) throw new RpcError(-32000, message);
          return answer();
        });
        const outcome = submitterWith({ rpc }).submit(await batch(), { onState: (state) => states.push(state) });
        await miner.waiting(1);
        expect(states[0]).to.deep.equal({ phase: "refused", reason: message });
        await miner.mine();
        expectMined(await outcome);
      }
    });

    it("gives up where it goes on for a reason of its own", async () => {
      let tries = 0;
      const rpc = altered(rpcOf(world), (method, answer) => {
        if (method !== "eth_sendRawTransaction") return answer();
        tries++;
        throw new RpcError(-32000, "transaction type not supported");
      });
      const next = await batch();
      await expectCode("L1_FAILED", () => submitterWith({ rpc }).submit(next));
      expect(tries).to.equal(5);
    });

    it("waits while gas is dearer than the cap, and says what it would take", async () => {
      await miner.baseFee(90n * GWEI);
      await miner.mine();
      const states: SubmitState[] = [];
      const journal = new MemoryJournal();
      const outcome = submitterWith({ journal, feeCap: 50n * GWEI }).submit(await batch(), {
        onState: (state) => states.push(state),
      });
      const dear = await until(() => states[0], "a state");
      expect(dear.phase === "expensive" && dear.needed >= 90n * GWEI && dear.cap === 50n * GWEI).to.equal(true);
      expect(journal.transactions).to.deep.equal([]);
      await miner.baseFee(20n * GWEI);
      await miner.mine();
      await miner.waiting(1);
      await miner.mine();
      expectMined(await outcome);
    });
  });

  describe("when another batch is first", () => {
    it("sends nothing where it is mined already", async () => {
      const [other, next] = [await rival(), await batch()];
      await miner.automine(true);
      await sendElsewhere(other);
      const journal = new MemoryJournal();
      expect(await submitterWith({ journal }).submit(next)).to.deep.equal({ kind: "superseded" });
      expect(journal.transactions).to.deep.equal([]);
    });

    it("says so where it was in the mempool before", async () => {
      const [other, next] = [await rival(), await batch()];
      await sendElsewhere(other);
      const outcome = submitterWith().submit(next);
      await miner.waiting(2);
      await miner.mine();
      expect(await outcome).to.deep.equal({ kind: "superseded" });
    });
  });

  it("leaves one batch of two submitters that have the same key and know nothing of each other", async () => {
    const outcomes = [await rival(), await batch()].map((next) => submitterWith().submit(next));
    await miner.waiting(2);
    await miner.mine();
    const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind).sort();
    expect(kinds).to.deep.equal(["mined", "superseded"]);
  });

  it("takes another nonce where its own went to a transaction that it does not know", async () => {
    const first = await nonceOf();
    const journal = new MemoryJournal();
    const { signers, connection } = world.chain;
    let isTaken = false;
    const rpc = altered(rpcOf(world), async (method, answer) => {
      if (method === "eth_sendRawTransaction" && !isTaken) {
        isTaken = true;
        await signers["operator"]!.sendTransaction({ to: OPERATOR.address, nonce: first, maxFeePerGas: 900n * GWEI });
      }
      return answer();
    });
    const outcome = submitterWith({ rpc, journal }).submit(await batch());
    await miner.waiting(2);
    await miner.mine();
    const { transaction } = expectMined(await outcome);
    expect((await connection.ethers.provider.getTransaction(transaction))!.nonce).to.equal(first + 1);
  });

  it("does not wait behind a transaction of somebody's that a mempool has dropped", async () => {
    const first = await nonceOf();
    const { signers, connection } = world.chain;
    const stranger = await signers["operator"]!.sendTransaction({ to: OPERATOR.address, nonce: first });
    const journal = new MemoryJournal();
    const outcome = submitterWith({ journal }).submit(await batch());
    const [, behind] = await miner.waiting(2);
    expect(behind!.nonce).to.equal(first + 1);
    await miner.drop(stranger.hash);
    await until(() => (journal.transactions.length === 2 ? true : undefined), "another nonce");
    await miner.waiting(2);
    await miner.mine();
    const { transaction } = expectMined(await outcome);
    expect((await connection.ethers.provider.getTransaction(transaction))!.nonce).to.equal(first);
  });

  it("uses the nonce of a batch that will not come again for another, and pays for its place", async () => {
    const journal = new MemoryJournal();
    const leave = await world.branch();
    const given = await batch();
    await leave();
    const next = await world.proven({ spends: [{ from: "bob", to: "carol", amount: 9n }] });
    const drop = new AbortController();
    const submitter = submitterWith({ journal });
    const dropped = submitter.submit(given, { signal: drop.signal }).catch(() => undefined);
    await miner.waiting(1);
    drop.abort();
    await dropped;
    const outcome = submitter.submit(next);
    await until(() => (journal.transactions.length === 2 ? true : undefined), "a second transaction");
    const [waiting] = await miner.waiting(1);
    expect(waiting!.hash).to.equal(journal.transactions[1]!.hash);
    await miner.mine();
    expectMined(await outcome);
  });

  it("burns no gas for a batch that the contract refuses, and says why", async () => {
    const journal = new MemoryJournal();
    const { words, ...rest } = await batch();
    const elsewhere = words.with(0, words[0]! ^ 1);
    const outcome = await submitterWith({ journal }).submit({ ...rest, words: elsewhere });
    expect(outcome).to.deep.equal({ kind: "reverted", reason: "WrongDomain" });
    expect(journal.transactions).to.deep.equal([]);
  });

  describe("when a transaction fails on chain, though the contract had no objection", () => {
    /** Makes somebody else operator, past the contract. */
    async function setOperator(address: string): Promise<void> {
      const value = `0x${address.slice(2).padStart(64, "0")}`;
      await rpcOf(world)("hardhat_setStorageAt", [world.address, `0x${SLOTS.operator.toString(16)}`, value]);
    }

    it("sends the batch again", async () => {
      const journal = new MemoryJournal();
      let gate: Promise<unknown> = Promise.resolve();
      const rpc = altered(rpcOf(world), async (_, answer) => (await gate, answer()));
      const outcome = submitterWith({ rpc, journal }).submit(await batch());
      await miner.waiting(1);
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      await setOperator(world.chain.signers["bob"]!.address);
      await miner.mine();
      await setOperator(OPERATOR.address);
      resolve();
      await miner.waiting(1);
      await miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[1]!.hash);
    });

    it("does not go on for ever", async () => {
      const next = await batch();
      const rpc = altered(rpcOf(world), (method, answer, [call]) => {
        const isSimulation = method === "eth_call" && (call as { readonly data: string }).data.length > 1000;
        return isSimulation ? "0x" : answer();
      });
      await setOperator(world.chain.signers["bob"]!.address);
      const outcome = submitterWith({ rpc }).submit(next);
      for (let failures = 0; failures < 3; failures++) {
        await miner.waiting(1);
        await miner.mine();
      }
      expect(await outcome).to.deep.equal({ kind: "reverted", reason: "3 transactions failed" });
    });
  });

  describe("L1 reorganisations", () => {
    for (const depth of [1, 2, 5, 10]) {
      it(`of ${depth} blocks: a batch that was mined is brought back, by the transaction that it had`, async () => {
        const made = await batches(2);
        const fork = await world.branch();
        const journal = new MemoryJournal();
        const submitter = submitterWith({ journal });
        const outcomes = made.map((next) => submitter.submit(next));
        await miner.waiting(2);
        for (let i = 0; i < depth; i++) await miner.mine();
        const before = (await Promise.all(outcomes)).map(expectMined);
        await fork();
        expect(await batchNumber()).to.equal(made[0]!.batchNumber - 1);

        await miner.mine();
        const again = made.map((next) => submitter.submit(next));
        await miner.waiting(2);
        await miner.mine();
        const after = (await Promise.all(again)).map(expectMined);
        expect(after.map(({ transaction }) => transaction)).to.deep.equal(before.map(({ transaction }) => transaction));
        expect(after.map(({ blockHash }) => blockHash)).not.to.include(before[0]!.blockHash);
      });
    }
  });

  describe("an RPC node", () => {
    const TROUBLES: readonly [string, Trouble][] = [
      ["drops connections", "drop"],
      ["does not answer in time", "silence"],
      ["answers with a gateway's error", { status: 502, body: "Bad gateway" }],
      ["answers with JSON-RPC errors", { status: 200, body: '{"error":{"code":-32603,"message":"internal error"}}' }],
    ];
    for (const [what, trouble] of TROUBLES) {
      it(`that ${what}, by spells, does not keep a batch from L1`, async () => {
        const server = await RpcServer.start(rpcOf(world), ({ number }) => (number % 20 < 8 ? trouble : undefined));
        try {
          const rpc = httpRpc(server.url, { attempts: 3, pause: 1, timeout: 200 });
          const journal = new MemoryJournal();
          const outcome = submitterWith({ rpc, journal }).submit(await batch());
          await miner.waiting(1);
          await miner.mine();
          expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
          expect(journal.transactions).to.have.length(1);
        } finally {
          await server.close();
        }
      });
    }

    for (const fresh of ["eth_getTransactionCount", "eth_call"]) {
      it(`that is behind for a while, but not with ${fresh}, neither has a batch sent twice nor given up`, async () => {
        const journal = new MemoryJournal();
        const node = rpcOf(world);
        let [lag, looks] = [0, 0];
        const rpc = altered(node, (method, answer, params) => {
          if (lag > 0 && method === "eth_getTransactionCount" && ++looks > 2) lag = 0;
          // Another node behind the same address has all blocks.
          return lag === 0 || method === fresh ? answer() : behind(node, lag)(method, params);
        });
        const outcome = submitterWith({ rpc, journal }).submit(await batch());
        await miner.waiting(1);
        lag = 1;
        await miner.mine();
        expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
        expect(journal.transactions).to.have.length(1);
      });
    }
  });

  it("takes no transaction of its journal for its own that another account, rollup or chain has, or another batch", async () => {
    const [next, journal] = [await batch(), new MemoryJournal()];
    const own = submitterWith({ journal }).submit(next);
    const [waiting] = await miner.waiting(1);
    await miner.drop(waiting!.hash!);
    isOver = true;
    await own.catch(() => undefined);
    isOver = false;

    const strangers = new MemoryJournal();
    const { type, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas, chainId } = waiting!;
    const parts = { type, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas, chainId };
    const changes = [{ to: OPERATOR.address }, { chainId: 7n }, { data: data.replace(/..$/, "77") }, {}];
    for (const [i, change] of changes.entries()) {
      const signer = i === changes.length - 1 ? HDNodeWallet.createRandom() : OPERATOR;
      const raw = await signer.signTransaction({ ...parts, ...change });
      strangers.add({ batchNumber: next.batchNumber, nonce, hash: Transaction.from(raw).hash!, raw });
    }
    const outcome = submitterWith({ journal: strangers }).submit(next);
    expect((await miner.waiting(1))[0]!.hash).to.equal(waiting!.hash);
    await miner.mine();
    expectMined(await outcome);
  });

  it("brings every batch to L1 once, whatever happens to its calls, its transactions and its process", async () => {
    const random = seeded("chaos");
    const chance = (percent: number): boolean => random.below(100n) < BigInt(percent);
    const journal = new MemoryJournal();
    const rpc = altered(rpcOf(world), async (method, answer) => {
      if (chance(10)) throw new RpcError(-32603, "internal error");
      const result = await answer();
      // It arrived, though nobody hears of it.
      if (method === "eth_sendRawTransaction" && chance(20)) throw new RpcError(-32603, "timeout");
      return result;
    });
    const made = await batches(8);
    const outcomes = new Map<number, SubmitOutcome>();
    let process = new AbortController();
    const start = (): void => {
      process = new AbortController();
      const submitter = submitterWith({ rpc, journal, patience: 20 });
      for (const next of made.filter(({ batchNumber: number }) => !outcomes.has(number)).slice(0, 3)) {
        void submitter.submit(next, { signal: process.signal }).then(
          (outcome) => outcomes.set(next.batchNumber, outcome),
          () => undefined,
        );
      }
    };
    start();
    while (outcomes.size < made.length) {
      await new Promise((done) => setTimeout(done, 10));
      const waiting = await miner.mempool();
      if (waiting.length > 0 && chance(20)) await miner.drop(waiting.at(-1)!.hash!);
      if (chance(40)) await miner.mine();
      if (chance(20)) {
        process.abort(new Error("killed"));
        start();
      }
    }
    process.abort(new Error("done"));
    [...outcomes.values()].map(expectMined);
    expect(await batchNumber()).to.equal(made.at(-1)!.batchNumber);
    expect(await world.chain.rollup.stateRoot()).to.equal(world.state.root);
  });
});
