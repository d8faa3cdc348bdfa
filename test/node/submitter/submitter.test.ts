import { expect } from "chai";
import { id, toBeHex, Transaction } from "ethers";
import { GAS_PRICE_ORACLE } from "../../../l1/data-fee.ts";
import { RpcError } from "../../../node/l1/rpc.ts";
import type { SubmitState } from "../../../node/submitter/submission.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { expectMined, SubmitterBench } from "../../support/node/submitter-bench.ts";
import { altered, GWEI, MemoryJournal, OPERATOR } from "../../support/node/submitter.ts";
import { until } from "../../support/until.ts";

describe("node: submitter", () => {
  const bench = SubmitterBench.forSuite();

  it("has a batch mined, and tells what it took", async () => {
    const states: SubmitState[] = [];
    const next = await bench.batch();
    const outcome = bench.submitterWith().submit([next], { onState: (state) => states.push(state) });
    const [waiting] = await bench.miner.waiting(1);
    await bench.miner.mine();
    const mined = expectMined(await outcome);
    const receipt = (await bench.world.chain.connection.ethers.provider.getTransactionReceipt(waiting!.hash!))!;
    expect(mined).to.deep.equal({
      kind: "mined",
      upTo: next.batchNumber,
      count: 1,
      transaction: receipt.hash,
      block: receipt.blockNumber,
      blockHash: receipt.blockHash,
      gasUsed: receipt.gasUsed,
      gasPrice: receipt.gasPrice,
      dataFee: 0n,
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
    expect(await bench.batchNumber()).to.equal(next.batchNumber);
  });

  it("counts what the bytes cost where a rollup serves as L1: against the cap, and in what it tells", async () => {
    const next = await bench.batch();
    const dataFee = 10n ** 9n * 10n ** 9n;
    const oracle = (fee: bigint) =>
      altered(rpcOf(bench.world), (method, answer, [call]) => {
        const { to, data } = (method === "eth_call" ? call : {}) as { readonly to?: string; readonly data?: string };
        if (to !== GAS_PRICE_ORACLE) return answer();
        return toBeHex(data!.startsWith(id("getOperatorFee(uint256)").slice(0, 10)) ? 23n : fee - 23n, 32);
      });
    const states: SubmitState[] = [];
    const stop = new AbortController();
    const dear = bench
      .submitterWith({ rpc: oracle(dataFee) })
      .submit([next], { signal: stop.signal, onState: (state) => states.push(state) });
    const { needed, cap } = await until(() => states.find((state) => state.phase === "expensive"), "the cap");
    expect(needed > cap).to.equal(true);
    stop.abort(new Error("stopped"));
    await dear.catch(() => undefined);
    expect(await bench.miner.mempool()).to.have.length(0);

    const outcome = bench.submitterWith({ rpc: oracle(777n) }).submit([next]);
    await bench.miner.waiting(1);
    await bench.miner.mine();
    expect(expectMined(await outcome).dataFee).to.equal(777n);
  });

  it("offers a gas price on a chain without base fees, and more of it where that takes too long", async () => {
    const rpc = altered(rpcOf(bench.world), async (method, answer) => {
      if (method === "eth_maxPriorityFeePerGas") throw new RpcError(-32601, "no such method");
      if (method === "eth_gasPrice") return toBeHex(20n * GWEI);
      const result = (await answer()) as object | null;
      return method === "eth_getBlockByNumber" ? { ...result, baseFeePerGas: undefined } : result;
    });
    const journal = new MemoryJournal();
    const outcome = bench.submitterWith({ rpc, journal, patience: 50 }).submit([await bench.batch()]);
    await until(() => journal.transactions[1], "a dearer one");
    await bench.miner.mine();
    const { transaction, gasPrice } = expectMined(await outcome);
    const [first, second] = journal.transactions.map(({ raw }) => Transaction.from(raw));
    expect([first!.type, first!.gasPrice]).to.deep.equal([0, 20n * GWEI]);
    expect(second!.gasPrice! >= (first!.gasPrice! * 9n) / 8n).to.equal(true);
    expect(gasPrice).to.equal(
      journal.transactions.map(({ raw }) => Transaction.from(raw)).find(({ hash }) => hash === transaction)!.gasPrice,
    );
  });

  it("tells what its bytes cost by the receipt, where that says so", async () => {
    const rpc = altered(rpcOf(bench.world), async (method, answer) => {
      const receipt = await answer();
      return method === "eth_getTransactionReceipt" && receipt !== null
        ? { ...(receipt as object), l1Fee: "0x2a" }
        : receipt;
    });
    const outcome = bench.submitterWith({ rpc }).submit([await bench.batch()]);
    await bench.miner.waiting(1);
    await bench.miner.mine();
    expect(expectMined(await outcome).dataFee).to.equal(42n);
  });

  it("sends several in their order, with consecutive nonces, while none is mined", async () => {
    const first = await bench.nonce();
    const submitter = bench.submitterWith();
    const outcomes = (await bench.batches(3)).map((next) => submitter.submit([next]));
    const waiting = await bench.miner.waiting(3);
    expect(waiting.map(({ nonce }) => nonce)).to.deep.equal([first, first + 1, first + 2]);
    await bench.miner.mine();
    const mined = (await Promise.all(outcomes)).map(expectMined);
    expect(mined.map(({ transaction }) => transaction)).to.deep.equal(waiting.map(({ hash }) => hash));
  });

  it("does not send a batch before the one that it stands on", async () => {
    const [first, second] = await bench.batches(2);
    const submitter = bench.submitterWith();
    const states: SubmitState[] = [];
    const outcome = submitter.submit([second!], { onState: (state) => states.push(state) });
    await until(() => states[0], "a state");
    expect(states).to.deep.equal([{ phase: "queued" }]);
    expect(await bench.miner.mempool()).to.deep.equal([]);
    const before = submitter.submit([first!]);
    await bench.miner.waiting(2);
    await bench.miner.mine();
    expectMined(await before);
    expectMined(await outcome);
  });

  describe("when a transaction is not mined", () => {
    it("replaces it by one that offers an eighth more of both fees, up to the cap, and then waits", async () => {
      const states: SubmitState[] = [];
      const journal = new MemoryJournal();
      const feeCap = 4n * GWEI;
      const outcome = bench.submitterWith({ journal, feeCap, patience: 0 }).submit([await bench.batch()], {
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
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(versions.at(-1)!.hash);
    });

    it("knows its batch when an earlier version is mined", async () => {
      const journal = new MemoryJournal();
      // The mempool that mines does not hear of the replacements.
      let sends = 0;
      const rpc = altered(rpcOf(bench.world), (method, answer) =>
        method === "eth_sendRawTransaction" && ++sends > 1 ? `0x${"00".repeat(32)}` : answer(),
      );
      const outcome = bench.submitterWith({ rpc, journal, patience: 0 }).submit([await bench.batch()]);
      await until(() => (journal.transactions.length > 1 ? true : undefined), "a replacement");
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
    });

    it("replaces nothing behind a transaction that waits itself", async () => {
      const journal = new MemoryJournal();
      const submitter = bench.submitterWith({ journal, patience: 0, feeCap: 4n * GWEI });
      const states: SubmitState[] = [];
      const [first, second] = await bench.batches(2);
      const onState = (state: SubmitState): number => states.push(state);
      const outcomes = [submitter.submit([first!], { onState }), submitter.submit([second!])];
      await until(() => states.find(({ phase }) => phase === "expensive"), "the cap");
      await bench.miner.waiting(2);
      expect(journal.ofBatch(second!.batchNumber)).to.have.length(1);
      await bench.miner.mine();
      (await Promise.all(outcomes)).map(expectMined);
    });

    it("sends it again where a mempool has dropped it", async () => {
      const journal = new MemoryJournal();
      const outcome = bench.submitterWith({ journal }).submit([await bench.batch()]);
      for (let i = 0; i < 3; i++) await bench.miner.drop((await bench.miner.waiting(1))[0]!.hash!);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      expect(expectMined(await outcome).transaction).to.equal(journal.transactions[0]!.hash);
      expect(journal.transactions).to.have.length(1);
    });
  });

  describe("when another batch is first", () => {
    it("sends nothing where it is mined already", async () => {
      const [other, next] = [await bench.rival(), await bench.batch()];
      await bench.miner.automine(true);
      await bench.sendElsewhere(other);
      const journal = new MemoryJournal();
      expect(await bench.submitterWith({ journal }).submit([next])).to.deep.equal({ kind: "superseded" });
      expect(journal.transactions).to.deep.equal([]);
    });

    it("says so where it was in the mempool before", async () => {
      const [other, next] = [await bench.rival(), await bench.batch()];
      await bench.sendElsewhere(other);
      const outcome = bench.submitterWith().submit([next]);
      await bench.miner.waiting(2);
      await bench.miner.mine();
      expect(await outcome).to.deep.equal({ kind: "superseded" });
    });
  });

  it("leaves one batch of two submitters that have the same key and know nothing of each other", async () => {
    const outcomes = [await bench.rival(), await bench.batch()].map((next) => bench.submitterWith().submit([next]));
    await bench.miner.waiting(2);
    await bench.miner.mine();
    const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind).sort();
    expect(kinds).to.deep.equal(["mined", "superseded"]);
  });

  it("takes another nonce where its own went to a transaction that it does not know, and keeps the batches in order", async () => {
    const first = await bench.nonce();
    const journal = new MemoryJournal();
    const { signers, connection } = bench.world.chain;
    let isTaken = false;
    const rpc = altered(rpcOf(bench.world), async (method, answer) => {
      if (method === "eth_sendRawTransaction" && !isTaken) {
        isTaken = true;
        await signers["operator"]!.sendTransaction({ to: OPERATOR.address, nonce: first, maxFeePerGas: 900n * GWEI });
      }
      return answer();
    });
    const submitter = bench.submitterWith({ rpc, journal });
    const outcomes = (await bench.batches(2)).map((next) => submitter.submit([next]));
    await bench.miner.waiting(3);
    await bench.miner.mine();
    const mined = (await Promise.all(outcomes)).map(expectMined);
    const found = mined.map(({ transaction }) => connection.ethers.provider.getTransaction(transaction));
    expect((await Promise.all(found)).map((transaction) => transaction!.nonce)).to.deep.equal([first + 1, first + 2]);
  });

  it("does not wait behind a transaction of somebody's that a mempool has dropped", async () => {
    const first = await bench.nonce();
    const { signers, connection } = bench.world.chain;
    const stranger = await signers["operator"]!.sendTransaction({ to: OPERATOR.address, nonce: first });
    const journal = new MemoryJournal();
    const outcome = bench.submitterWith({ journal }).submit([await bench.batch()]);
    const [, behind] = await bench.miner.waiting(2);
    expect(behind!.nonce).to.equal(first + 1);
    await bench.miner.drop(stranger.hash);
    await until(() => (journal.transactions.length === 2 ? true : undefined), "another nonce");
    await bench.miner.waiting(2);
    await bench.miner.mine();
    const { transaction } = expectMined(await outcome);
    expect((await connection.ethers.provider.getTransaction(transaction))!.nonce).to.equal(first);
  });

  it("uses the nonce of a batch that will not come again for another, and pays for its place", async () => {
    const journal = new MemoryJournal();
    const leave = await bench.world.branch();
    const given = await bench.batch();
    await leave();
    const next = await bench.world.proven({ spends: [{ from: "bob", to: "carol", amount: 9n }] });
    const drop = new AbortController();
    const submitter = bench.submitterWith({ journal });
    const dropped = submitter.submit([given], { signal: drop.signal }).catch(() => undefined);
    await bench.miner.waiting(1);
    drop.abort();
    await dropped;
    const outcome = submitter.submit([next]);
    await until(() => (journal.transactions.length === 2 ? true : undefined), "a second transaction");
    const [waiting] = await bench.miner.waiting(1);
    expect(waiting!.hash).to.equal(journal.transactions[1]!.hash);
    await bench.miner.mine();
    expectMined(await outcome);
  });

  it("burns no gas for a batch that the contract refuses, and says why", async () => {
    const journal = new MemoryJournal();
    const { words, ...rest } = await bench.batch();
    const elsewhere = words.with(0, words[0]! ^ 1);
    const outcome = await bench.submitterWith({ journal }).submit([{ ...rest, words: elsewhere }]);
    expect(outcome).to.deep.equal({ kind: "reverted", reason: "WrongDomain" });
    expect(journal.transactions).to.deep.equal([]);
  });
});
