import { expect } from "chai";
import { HDNodeWallet, toQuantity, Transaction } from "ethers";
import { httpRpc, RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import { calldataOf, timestampOf } from "../../../node/submitter/call.ts";
import type { ProvenBatch, SubmitOutcome, SubmitState } from "../../../node/submitter/submission.ts";
import { SLOTS } from "../../support/chain/rollup.ts";
import { RpcServer, type Trouble } from "../../support/chain/rpc-server.ts";
import { expectCode } from "../../support/errors.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { expectMined, SubmitterBench } from "../../support/node/submitter-bench.ts";
import { altered, behind, GWEI, MemoryJournal, OPERATOR } from "../../support/node/submitter.ts";
import { seeded } from "../../support/random.ts";
import { until } from "../../support/until.ts";

describe("node: submitter, whatever fails", () => {
  const bench = SubmitterBench.forSuite();

  describe("after a crash", () => {
    const CRASHES: readonly [string, boolean][] = [
      ["between noting a transaction and sending it", false],
      ["between sending a transaction and hearing of it", true],
    ];
    for (const [when, isSent] of CRASHES) {
      it(`${when}, finds it again and sends no other`, async () => {
        const next = await bench.batch();
        const journal = new MemoryJournal();
        const crash = new AbortController();
        const rpc = altered(rpcOf(bench.world), async (method, answer) => {
          if (method !== "eth_sendRawTransaction") return answer();
          expect(journal.transactions, "noted before it is sent").to.have.length(1);
          if (isSent) await answer();
          crash.abort(new Error("killed"));
          return new Promise(() => undefined); // The process is gone.
        });
        void bench.submitterWith({ rpc, journal }).submit([next], { signal: crash.signal });
        await until(() => crash.signal.aborted || undefined, "the crash");
        const outcome = bench.submitterWith({ journal }).submit([next]);
        await bench.miner.waiting(1);
        await bench.miner.mine();
        expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
        expect(journal.transactions).to.have.length(1);
      });
    }

    it("that the chain went on without, knows its transaction as its own", async () => {
      const next = await bench.batch();
      const journal = new MemoryJournal();
      const crash = new AbortController();
      const lost = bench.submitterWith({ journal }).submit([next], { signal: crash.signal });
      const [waiting] = await bench.miner.waiting(1);
      crash.abort(new Error("killed"));
      const error: unknown = await lost.catch((reason: unknown) => reason);
      expect(error).to.have.property("message", "killed");
      await bench.miner.mine();
      const outcome = expectMined(await bench.submitterWith({ journal }).submit([next]));
      expect(outcome.transaction).to.equal(waiting!.hash);
    });
  });

  it("sends nothing any more once the batch is given up, though it was about to", async () => {
    const [journal, giveUp] = [new MemoryJournal(), new AbortController()];
    const rpc = altered(rpcOf(bench.world), (method, answer) => {
      if (method === "eth_maxPriorityFeePerGas") giveUp.abort(new Error("given up"));
      return answer();
    });
    const outcome = bench.submitterWith({ rpc, journal }).submit([await bench.batch()], { signal: giveUp.signal });
    expect(await outcome.catch((reason: unknown) => reason)).to.have.property("message", "given up");
    expect([journal.transactions, await bench.miner.mempool()]).to.deep.equal([[], []]);
  });

  describe("when a node refuses", () => {
    it("offers more to one that calls it underpriced", async () => {
      const journal = new MemoryJournal();
      const rpc = altered(rpcOf(bench.world), (method, answer) => {
        if (method !== "eth_sendRawTransaction" || journal.transactions.length > 2) return answer();
        throw new RpcError(-32000, "transaction underpriced: tip needed 3, tip permitted 1");
      });
      const outcome = bench.submitterWith({ rpc, journal }).submit([await bench.batch()]);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[2]!.hash);
    });

    it("sends the same again once it does not, where the cap leaves no room to offer more", async () => {
      await bench.miner.baseFee(20n * GWEI);
      await bench.miner.mine();
      const [states, journal]: [SubmitState[], MemoryJournal] = [[], new MemoryJournal()];
      let isDear = true;
      const rpc = altered(rpcOf(bench.world), (method, answer) => {
        if (method !== "eth_sendRawTransaction" || !isDear) return answer();
        throw new RpcError(-32000, "max fee per gas less than block base fee: maxFeePerGas: 22, baseFee: 23");
      });
      const outcome = bench.submitterWith({ rpc, journal, feeCap: 22n * GWEI }).submit([await bench.batch()], {
        onState: (state) => states.push(state),
      });
      await until(() => states.find(({ phase }) => phase === "expensive"), "the cap");
      isDear = false;
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
    });

    it("waits while the account has no funds, or the mempool no room, and says so", async () => {
      for (const message of ["insufficient funds for gas * price + value", "txpool is full"]) {
        const states: SubmitState[] = [];
        const rpc = altered(rpcOf(bench.world), (method, answer) => {
          if (method === "eth_sendRawTransaction" && states.length < 1) throw new RpcError(-32000, message);
          return answer();
        });
        const outcome = bench
          .submitterWith({ rpc })
          .submit([await bench.batch()], { onState: (state) => states.push(state) });
        await bench.miner.waiting(1);
        expect(states[0]).to.deep.equal({ phase: "refused", reason: message });
        await bench.miner.mine();
        expectMined(await outcome);
      }
    });

    it("gives up where it goes on for a reason of its own", async () => {
      let tries = 0;
      const rpc = altered(rpcOf(bench.world), (method, answer) => {
        if (method !== "eth_sendRawTransaction") return answer();
        tries++;
        throw new RpcError(-32000, "transaction type not supported");
      });
      const next = await bench.batch();
      await expectCode("L1_FAILED", () => bench.submitterWith({ rpc }).submit([next]));
      expect(tries).to.equal(5);
    });

    it("waits while gas is dearer than the cap, and says what it would take", async () => {
      await bench.miner.baseFee(90n * GWEI);
      await bench.miner.mine();
      const states: SubmitState[] = [];
      const journal = new MemoryJournal();
      const outcome = bench.submitterWith({ journal, feeCap: 50n * GWEI }).submit([await bench.batch()], {
        onState: (state) => states.push(state),
      });
      const dear = await until(() => states[0], "a state");
      expect(dear.phase === "expensive" && dear.needed >= 90n * GWEI && dear.cap === 50n * GWEI).to.equal(true);
      expect(journal.transactions).to.deep.equal([]);
      await bench.miner.baseFee(20n * GWEI);
      await bench.miner.mine();
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expectMined(await outcome);
    });
  });

  describe("when a transaction fails on chain, though the contract had no objection", () => {
    /** Makes somebody else operator, past the contract. */
    async function setOperator(address: string): Promise<void> {
      const value = `0x${address.slice(2).padStart(64, "0")}`;
      await rpcOf(bench.world)("hardhat_setStorageAt", [
        bench.world.address,
        `0x${SLOTS.operator.toString(16)}`,
        value,
      ]);
    }

    /** A node that is not to be reached while what waits in its mempool is mined in vain. */
    function failing(): { readonly rpc: Rpc; readonly fail: () => Promise<void> } {
      let gate: Promise<unknown> = Promise.resolve();
      const rpc = altered(rpcOf(bench.world), async (_, answer) => (await gate, answer()));
      const fail = async (): Promise<void> => {
        const { promise, resolve } = Promise.withResolvers<void>();
        gate = promise;
        await setOperator(bench.world.chain.signers["bob"]!.address);
        await bench.miner.mine();
        await setOperator(OPERATOR.address);
        resolve();
      };
      return { rpc, fail };
    }

    it("sends the batch again", async () => {
      const [{ rpc, fail }, journal] = [failing(), new MemoryJournal()];
      const outcome = bench.submitterWith({ rpc, journal }).submit([await bench.batch()]);
      await bench.miner.waiting(1);
      await fail();
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[1]!.hash);
    });

    it("keeps the batch after it waiting until it is sent again", async () => {
      const [first, second] = (await bench.batches(2)) as [ProvenBatch, ProvenBatch];
      const [calldata, { rpc: node, fail }] = [calldataOf([first]), failing()];
      let isFull = false;
      const rpc = altered(node, (method, answer, [raw]) => {
        const isFirst = method === "eth_sendRawTransaction" && Transaction.from(raw as string).data === calldata;
        if (isFull && isFirst) throw new RpcError(-32000, "txpool is full");
        return answer();
      });
      const submitter = bench.submitterWith({ rpc });
      const [firsts, seconds]: [SubmitState[], SubmitState[]] = [[], []];
      const outcomes = [submitter.submit([first], { onState: (state) => firsts.push(state) })];
      await bench.miner.waiting(1);
      isFull = true;
      await fail();
      await until(() => (firsts.at(-1)!.phase === "refused" ? true : undefined), "the refusal");
      outcomes.push(submitter.submit([second], { onState: (state) => seconds.push(state) }));
      await until(() => seconds[0], "a state");
      expect(seconds).to.deep.equal([{ phase: "queued" }]);
      expect(await bench.miner.mempool()).to.deep.equal([]);
      isFull = false;
      const waiting = await bench.miner.waiting(2);
      expect(waiting[0]!.data).to.equal(calldata);
      await bench.miner.mine();
      (await Promise.all(outcomes)).map(expectMined);
    });

    it("sends none that stands on it, though nobody has looked what became of it", async () => {
      const [first, second] = (await bench.batches(2)) as [ProvenBatch, ProvenBatch];
      const journal = new MemoryJournal();
      const gate = Promise.withResolvers<void>();
      let isShut = false;
      const rpc = altered(rpcOf(bench.world), async (method, answer, [hash]) => {
        const isOfFirst = method === "eth_getTransactionReceipt" && hash === journal.transactions[0]?.hash;
        if (isShut && isOfFirst) await gate.promise;
        return answer();
      });
      const submitter = bench.submitterWith({ rpc, journal });
      const outcomes = [submitter.submit([first])];
      await bench.miner.waiting(1);
      isShut = true;
      await setOperator(bench.world.chain.signers["bob"]!.address);
      await bench.miner.mine();
      await setOperator(OPERATOR.address);
      const states: SubmitState[] = [];
      outcomes.push(submitter.submit([second], { onState: (state) => states.push(state) }));
      await until(() => states[0], "a state");
      expect(states).to.deep.equal([{ phase: "queued" }]);
      gate.resolve();
      await bench.miner.waiting(2);
      await bench.miner.mine();
      (await Promise.all(outcomes)).map(expectMined);
      expect(journal.transactions).to.have.length(3);
    });

    it("does not count those that failed while the batch before it was not on L1", async () => {
      const [first, second] = (await bench.batches(2)) as [ProvenBatch, ProvenBatch];
      const journal = new MemoryJournal();
      for (let i = 0; i < 4; i++) {
        const fields = {
          type: 2,
          chainId: 31337,
          to: bench.world.address,
          data: calldataOf([second]),
          nonce: await bench.nonce(),
        };
        const fees = { gasLimit: 1_000_000, maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI };
        const raw = await OPERATOR.signTransaction({ ...fields, ...fees });
        const { hash, nonce } = Transaction.from(raw);
        journal.add({ first: second.batchNumber, last: second.batchNumber, nonce, hash: hash!, raw });
        await rpcOf(bench.world)("eth_sendRawTransaction", [raw]);
        await bench.miner.mine();
      }
      const submitter = bench.submitterWith({ journal });
      const outcomes = [first, second].map((next) => submitter.submit([next]));
      await bench.miner.waiting(2);
      await bench.miner.mine();
      (await Promise.all(outcomes)).map(expectMined);
    });

    it("does not go on for ever", async () => {
      const next = await bench.batch();
      const rpc = altered(rpcOf(bench.world), (method, answer, [call]) => {
        const isSimulation = method === "eth_call" && (call as { readonly data: string }).data.length > 1000;
        return isSimulation ? "0x" : answer();
      });
      await setOperator(bench.world.chain.signers["bob"]!.address);
      const outcome = bench.submitterWith({ rpc }).submit([next]);
      for (let failures = 0; failures < 3; failures++) {
        await bench.miner.waiting(1);
        await bench.miner.mine();
      }
      expect(await outcome).to.deep.equal({ kind: "reverted", reason: "3 transactions failed" });
    });
  });

  describe("when L1's time goes back before the batch's own", () => {
    /** A node whose blocks, those that come included, are as much earlier as it is told. */
    function earlier() {
      const lag = { seconds: 0 };
      const rpc = altered(rpcOf(bench.world), async (method, answer) => {
        const result = (await answer()) as { readonly timestamp: string } | null;
        if (method !== "eth_getBlockByNumber" || result === null) return result;
        return { ...result, timestamp: toQuantity(Number(result.timestamp) - lag.seconds) };
      });
      return { lag, rpc };
    }

    it("waits for it before it sends, and says so", async () => {
      const [{ lag, rpc }, journal, states]: [ReturnType<typeof earlier>, MemoryJournal, SubmitState[]] = [
        earlier(),
        new MemoryJournal(),
        [],
      ];
      lag.seconds = 3600;
      const next = await bench.batch();
      const outcome = bench.submitterWith({ rpc, journal }).submit([next], { onState: (state) => states.push(state) });
      const state = await until(() => states[0], "a state");
      expect(state).to.deep.equal({ phase: "early", timestamp: timestampOf(next) });
      expect(journal.transactions).to.deep.equal([]);
      lag.seconds = 0;
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expectMined(await outcome);
    });

    it("waits for it before it sends again what a mempool has dropped, and so does the batch after it", async () => {
      const [{ lag, rpc }, states]: [ReturnType<typeof earlier>, SubmitState[]] = [earlier(), []];
      const submitter = bench.submitterWith({ rpc });
      const [first, second] = (await bench.batches(2)) as [ProvenBatch, ProvenBatch];
      const outcomes = [submitter.submit([first], { onState: (state) => states.push(state) })];
      const [waiting] = await bench.miner.waiting(1);
      lag.seconds = 3600;
      await bench.miner.drop(waiting!.hash!);
      await until(() => states.find(({ phase }) => phase === "early"), "it to wait");
      outcomes.push(submitter.submit([second]));
      await new Promise((done) => setTimeout(done, 100));
      expect(await bench.miner.mempool()).to.deep.equal([]);
      lag.seconds = 0;
      expect((await bench.miner.waiting(2))[0]!.hash).to.equal(waiting!.hash);
      await bench.miner.mine();
      (await Promise.all(outcomes)).map(expectMined);
    });

    it("takes the time of the block that would come, where no block comes by itself", async () => {
      const rpc = altered(rpcOf(bench.world), async (method, answer, [block]) => {
        const result = (await answer()) as object;
        return method === "eth_getBlockByNumber" && block === "latest" ? { ...result, timestamp: "0x1" } : result;
      });
      const outcome = bench.submitterWith({ rpc }).submit([await bench.batch()]);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expectMined(await outcome);
    });
  });

  describe("when the node errs once", () => {
    /** The first answer that is of this kind is another. */
    function once(
      method: string,
      change: (answer: unknown) => unknown,
      isMeant: (params: readonly unknown[]) => boolean = () => true,
    ): Rpc {
      let isTold = false;
      return altered(rpcOf(bench.world), async (asked, answer, params) => {
        const result = await answer();
        if (isTold || asked !== method || !isMeant(params) || result === null) return result;
        isTold = true;
        return change(result);
      });
    }

    it("with a receipt of a block that there is not, it looks again", async () => {
      const far = (receipt: unknown): unknown => ({ ...(receipt as object), blockNumber: "0xfffffff" });
      const outcome = bench
        .submitterWith({ rpc: once("eth_getTransactionReceipt", far) })
        .submit([await bench.batch()]);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      const { block } = expectMined(await outcome);
      expect(block).to.equal(await bench.world.chain.networkHelpers.time.latestBlock());
    });

    it("with a receipt that its transaction cannot have, it looks again", async () => {
      const dear = (receipt: unknown): unknown => ({ ...(receipt as object), gasUsed: "0xffffffffff" });
      const outcome = bench
        .submitterWith({ rpc: once("eth_getTransactionReceipt", dear) })
        .submit([await bench.batch()]);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expect(expectMined(await outcome).gasUsed < 10_000_000n).to.equal(true);
    });

    it("with a nonce too high, and refuses what lies behind a gap, it takes another, after a restart too", async () => {
      const raised = once(
        "eth_getTransactionCount",
        (count) => toQuantity(Number(count) + 1),
        ([, block]) => block === "latest",
      );
      const rpc = altered(raised, async (method, answer, [raw]) => {
        const isSend = method === "eth_sendRawTransaction";
        if (isSend && Transaction.from(raw as string).nonce > (await bench.nonce())) {
          throw new RpcError(-32000, "nonce too high: next nonce is lower");
        }
        return answer();
      });
      const [next, journal, crash] = [await bench.batch(), new MemoryJournal(), new AbortController()];
      const lost = bench.submitterWith({ rpc, journal }).submit([next], { signal: crash.signal });
      await until(() => journal.transactions[0], "a transaction");
      crash.abort(new Error("killed"));
      await lost.catch(() => undefined);
      const outcome = bench.submitterWith({ rpc, journal }).submit([next]);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions.at(-1)!.hash);
    });
  });

  describe("when a transaction has too little gas", () => {
    /** Makes the verifier accept if it has so much gas, and use up what it has otherwise. */
    async function need(gas: number): Promise<void> {
      const { verifier } = await bench.world.chain.rollup.batchSize(0);
      const code = `0x5a63${gas.toString(16).padStart(8, "0")}10600b57fe5b600160005260206000f3`;
      await rpcOf(bench.world)("hardhat_setCode", [verifier, code]);
    }

    /** A node that estimates nothing, and has no objection to anything. */
    const blind = (): Rpc =>
      altered(rpcOf(bench.world), (method, answer, [call]) => {
        if (method === "eth_estimateGas") throw new RpcError(-32601, "the method is not available");
        const isSimulation = method === "eth_call" && (call as { readonly data: string }).data.length > 1000;
        return isSimulation ? "0x" : answer();
      });

    it("estimates, and sends the batch again with more", async () => {
      const [next, journal] = [await bench.batch(), new MemoryJournal()];
      const outcome = bench.submitterWith({ journal }).submit([next]);
      await bench.miner.waiting(1);
      await need(3_000_000);
      await bench.miner.mine();
      const [again] = await bench.miner.waiting(1);
      expect(again!.gasLimit > 3_750_000n && again!.gasLimit < 8_000_000n).to.equal(true);
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[1]!.hash);
    });

    it("takes no lack of gas for the contract's objection, where the node does not estimate", async () => {
      await need(3_000_000);
      const rpc = altered(rpcOf(bench.world), (method, answer) => {
        if (method === "eth_estimateGas") throw new RpcError(-32601, "the method is not available");
        return answer();
      });
      const journal = new MemoryJournal();
      const outcome = bench.submitterWith({ rpc, journal }).submit([await bench.batch()]);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expectMined(await outcome);
      expect(journal.transactions).to.have.length(1);
    });

    it("gives twice as much each time to a node that knows nothing, and never gives the batch up for it", async () => {
      await need(7_000_000);
      const journal = new MemoryJournal();
      const outcome = bench.submitterWith({ rpc: blind(), journal }).submit([await bench.batch()]);
      const limits: bigint[] = [];
      for (const before = await bench.batchNumber(); (await bench.batchNumber()) === before;) {
        limits.push((await bench.miner.waiting(1))[0]!.gasLimit);
        await bench.miner.mine();
      }
      expectMined(await outcome);
      expect(limits.length, "more than the failures after which others are given up").to.be.above(4);
      for (const [i, limit] of limits.entries()) if (i > 0) expect(limit >= 2n * limits[i - 1]!).to.equal(true);
    });

    it("stays below what a transaction may use, spends no more once that was too little, and says so", async () => {
      await need(60_000_000);
      const [states, giveUp, journal]: [SubmitState[], AbortController, MemoryJournal] = [
        [],
        new AbortController(),
        new MemoryJournal(),
      ];
      const outcome = bench
        .submitterWith({ rpc: blind(), journal })
        .submit([await bench.batch()], { signal: giveUp.signal, onState: (state) => states.push(state) });
      outcome.catch(() => undefined);
      await until(async () => {
        if ((await bench.miner.mempool()).length > 0) await bench.miner.mine();
        const last = states.at(-1);
        return last?.phase === "refused" && last.reason.includes("16,777,216") ? true : undefined;
      }, "it to stop");
      giveUp.abort(new Error("the test is over"));
      const limits = journal.transactions.map(({ raw }) => Transaction.from(raw).gasLimit);
      expect(limits.at(-1)).to.equal(16_777_216n);
      expect(limits.filter((limit) => limit >= 16_777_216n)).to.have.length(1);
    });
  });

  describe("L1 reorganisations", () => {
    for (const depth of [1, 2, 5, 10]) {
      it(`of ${depth} blocks: a batch that was mined is brought back, by the transaction that it had`, async () => {
        const made = await bench.batches(2);
        const fork = await bench.world.branch();
        const journal = new MemoryJournal();
        const submitter = bench.submitterWith({ journal });
        const outcomes = made.map((next) => submitter.submit([next]));
        await bench.miner.waiting(2);
        for (let i = 0; i < depth; i++) await bench.miner.mine();
        const before = (await Promise.all(outcomes)).map(expectMined);
        await fork();
        expect(await bench.batchNumber()).to.equal(made[0]!.batchNumber - 1);

        await bench.miner.mine();
        const again = made.map((next) => submitter.submit([next]));
        await bench.miner.waiting(2);
        await bench.miner.mine();
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
        const server = await RpcServer.start(rpcOf(bench.world), ({ number }) =>
          number % 20 < 8 ? trouble : undefined,
        );
        try {
          const rpc = httpRpc(server.url, { attempts: 3, pause: 1, timeout: 200 });
          const journal = new MemoryJournal();
          const outcome = bench.submitterWith({ rpc, journal }).submit([await bench.batch()]);
          await bench.miner.waiting(1);
          await bench.miner.mine();
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
        const node = rpcOf(bench.world);
        let [lag, looks] = [0, 0];
        const rpc = altered(node, (method, answer, params) => {
          if (lag > 0 && method === "eth_getTransactionCount" && ++looks > 2) lag = 0;
          // Another node behind the same address has all blocks.
          return lag === 0 || method === fresh ? answer() : behind(node, lag)(method, params);
        });
        const outcome = bench.submitterWith({ rpc, journal }).submit([await bench.batch()]);
        await bench.miner.waiting(1);
        lag = 1;
        await bench.miner.mine();
        expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
        expect(journal.transactions).to.have.length(1);
      });
    }
  });

  it("takes no transaction of its journal for its own that another account, rollup or chain has, or another batch", async () => {
    const [next, journal] = [await bench.batch(), new MemoryJournal()];
    const own = bench.submitterWith({ journal }).submit([next]);
    const [waiting] = await bench.miner.waiting(1);
    bench.isOver = true;
    await own.catch(() => undefined);
    bench.isOver = false;
    // Before, a look under way would send it again.
    await bench.miner.drop(waiting!.hash!);

    const strangers = new MemoryJournal();
    const { type, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas, chainId } = waiting!;
    const parts = { type, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas, chainId };
    const changes = [{ to: OPERATOR.address }, { chainId: 7n }, { data: data.replace(/..$/, "77") }, {}];
    for (const [i, change] of changes.entries()) {
      const signer = i === changes.length - 1 ? HDNodeWallet.createRandom() : OPERATOR;
      const raw = await signer.signTransaction({ ...parts, ...change });
      strangers.add({ first: next.batchNumber, last: next.batchNumber, nonce, hash: Transaction.from(raw).hash!, raw });
    }
    const outcome = bench.submitterWith({ journal: strangers }).submit([next]);
    expect((await bench.miner.waiting(1))[0]!.hash).to.equal(waiting!.hash);
    await bench.miner.mine();
    expectMined(await outcome);
  });

  it("brings every batch to L1 once, whatever happens to its calls, its transactions and its process", async () => {
    const random = seeded("chaos");
    const chance = (percent: number): boolean => random.below(100n) < BigInt(percent);
    const journal = new MemoryJournal();
    const rpc = altered(rpcOf(bench.world), async (method, answer) => {
      if (chance(10)) throw new RpcError(-32603, "internal error");
      const result = await answer();
      // It arrived, though nobody hears of it.
      if (method === "eth_sendRawTransaction" && chance(20)) throw new RpcError(-32603, "timeout");
      return result;
    });
    const made = await bench.batches(8);
    const outcomes = new Map<number, SubmitOutcome>();
    let process = new AbortController();
    const start = (): void => {
      process = new AbortController();
      const submitter = bench.submitterWith({ rpc, journal, patience: 20 });
      for (const next of made.filter(({ batchNumber: number }) => !outcomes.has(number)).slice(0, 3)) {
        void submitter.submit([next], { signal: process.signal }).then(
          (outcome) => outcomes.set(next.batchNumber, outcome),
          () => undefined,
        );
      }
    };
    start();
    while (outcomes.size < made.length) {
      await new Promise((done) => setTimeout(done, 10));
      const waiting = await bench.miner.mempool();
      if (waiting.length > 0 && chance(20)) await bench.miner.drop(waiting.at(-1)!.hash!);
      if (chance(40)) await bench.miner.mine();
      if (chance(20)) {
        process.abort(new Error("killed"));
        start();
      }
    }
    process.abort(new Error("done"));
    [...outcomes.values()].map(expectMined);
    expect(await bench.batchNumber()).to.equal(made.at(-1)!.batchNumber);
    expect(await bench.world.chain.rollup.stateRoot()).to.equal(bench.world.state.root);
  });
});
