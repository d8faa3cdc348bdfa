import { expect } from "chai";
import { Transaction } from "ethers";
import { ROLLUP } from "../../../l1/contract.ts";
import { RpcError } from "../../../node/l1/rpc.ts";
import { submissionsIn } from "../../../node/follow/submissions.ts";
import { calldataOf, roomForBatches } from "../../../node/submitter/call.ts";
import type { ProvenBatch, SubmitOutcome } from "../../../node/submitter/submission.ts";
import { readNumbers } from "../../../protocol/words.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { expectMined, SubmitterBench } from "../../support/node/submitter-bench.ts";
import { altered, MemoryJournal } from "../../support/node/submitter.ts";
import { seeded } from "../../support/random.ts";
import { until } from "../../support/until.ts";

/** The numbers of the batches in a transaction. */
const numbersIn = ({ data }: Pick<Transaction, "data">): readonly number[] =>
  submissionsIn(data).map(({ words }) => readNumbers(words).batchNumber);

describe("node: submitter, several batches in one transaction", () => {
  const bench = SubmitterBench.forSuite();
  const inJournal = (journal: MemoryJournal): readonly (readonly number[])[] =>
    journal.transactions.map(({ raw }) => numbersIn(Transaction.from(raw)));

  it("has them mined together, and one by its own call", async () => {
    const [alone, ...together] = await bench.batches(4);
    const submitter = bench.submitterWith();
    const outcomes = [submitter.submit([alone!]), submitter.submit(together)];
    const waiting = await bench.miner.waiting(2);
    expect(waiting.map(({ data }) => ROLLUP.parseTransaction({ data })!.name)).to.deep.equal([
      "submitBatch",
      "submitBatches",
    ]);
    await bench.miner.mine();
    const [first, second] = (await Promise.all(outcomes)).map(expectMined);
    expect([first!.upTo, first!.count]).to.deep.equal([alone!.batchNumber, 1]);
    expect([second!.upTo, second!.count]).to.deep.equal([together.at(-1)!.batchNumber, 3]);
    expect(await bench.batchNumber()).to.equal(together.at(-1)!.batchNumber);
    expect(await bench.world.chain.rollup.stateRoot()).to.equal(bench.world.state.root);
  });

  it("replaces a transaction by one with the same batches, and knows whichever is mined", async () => {
    const batches = await bench.batches(3);
    const journal = new MemoryJournal();
    // The mempool that mines does not hear of the replacements.
    let sends = 0;
    const rpc = altered(rpcOf(bench.world), (method, answer) =>
      method === "eth_sendRawTransaction" && ++sends > 1 ? `0x${"00".repeat(32)}` : answer(),
    );
    const outcome = bench.submitterWith({ rpc, journal, patience: 0 }).submit(batches);
    await until(() => (journal.transactions.length > 1 ? true : undefined), "a replacement");
    await bench.miner.mine();
    const { transaction, upTo } = expectMined(await outcome);
    expect(transaction).to.equal(journal.transactions[0]!.hash);
    expect(upTo).to.equal(batches.at(-1)!.batchNumber);
    const [numbers, ...others] = inJournal(journal);
    for (const other of others) expect(other).to.deep.equal(numbers);
  });

  it("after a crash, goes on with the transaction that was sent, whatever is sent together now", async () => {
    const [first, second, third] = (await bench.batches(3)) as [ProvenBatch, ProvenBatch, ProvenBatch];
    const journal = new MemoryJournal();
    const crash = new AbortController();
    const lost = bench.submitterWith({ journal }).submit([first, second, third], { signal: crash.signal });
    await bench.miner.waiting(1);
    crash.abort(new Error("killed"));
    await lost.catch(() => undefined);
    await bench.miner.mine();
    const submitter = bench.submitterWith({ journal });
    // Each one is found in it.
    const outcomes = await Promise.all([[first], [second, third]].map((batches) => submitter.submit(batches)));
    const mined = outcomes.map(expectMined);
    expect(mined.map(({ transaction }) => transaction)).to.deep.equal([0, 0].map((i) => journal.transactions[i]!.hash));
    expect(mined.map(({ upTo, count }) => [upTo, count])).to.deep.equal([
      [first.batchNumber, 3],
      [third.batchNumber, 3],
    ]);
    expect(journal.transactions).to.have.length(1);
  });

  it("puts fewer in the place of what waits, with its nonce, and sends the rest after them", async () => {
    const [first, second, third] = (await bench.batches(3)) as [ProvenBatch, ProvenBatch, ProvenBatch];
    const journal = new MemoryJournal();
    const drop = new AbortController();
    const submitter = bench.submitterWith({ journal });
    const dropped = submitter.submit([first, second, third], { signal: drop.signal }).catch(() => undefined);
    const [before] = await bench.miner.waiting(1);
    drop.abort(new Error("the third cannot come any more"));
    await dropped;
    const outcomes = [submitter.submit([first, second]), submitter.submit([third])];
    const waiting = await bench.miner.waiting(2);
    expect(waiting.map(({ nonce }) => nonce)).to.deep.equal([before!.nonce, before!.nonce + 1]);
    expect(waiting.map(numbersIn)).to.deep.equal([[first.batchNumber, second.batchNumber], [third.batchNumber]]);
    expect(waiting[0]!.maxFeePerGas! * 8n >= before!.maxFeePerGas! * 9n).to.equal(true);
    await bench.miner.mine();
    (await Promise.all(outcomes)).map(expectMined);
  });

  for (const [place, fits] of [
    [3, 3],
    [1, 1],
  ] as const) {
    it(`sends the ${fits} before one that L1 refuses, and tells of that one when it is the first`, async () => {
      const made = await bench.batches(5);
      const { words, ...rest } = made[place]!;
      const batches = made.with(place, { ...rest, words: words.with(0, words[0]! ^ 1) });
      const journal = new MemoryJournal();
      const submitter = bench.submitterWith({ journal });
      const outcome = submitter.submit(batches);
      await bench.miner.waiting(1);
      await bench.miner.mine();
      const { upTo, count } = expectMined(await outcome);
      expect([upTo, count]).to.deep.equal([made[fits - 1]!.batchNumber, fits]);
      expect(inJournal(journal)).to.deep.equal([made.slice(0, fits).map(({ batchNumber }) => batchNumber)]);
      const refused = await submitter.submit(batches.slice(fits));
      expect(refused).to.deep.equal({ kind: "reverted", reason: "WrongDomain" });
      expect(journal.transactions).to.have.length(1);
    });
  }

  it("does not believe what one look says against it", async () => {
    const batches = await bench.batches(3);
    // With each limit that it is tried with in one look.
    let refusals = 0;
    const rpc = altered(rpcOf(bench.world), (method, answer, [call]) => {
      if (method !== "eth_call") return answer();
      const { to, data } = call as { readonly to: string; readonly data: string };
      if (to === bench.world.address && data.length > 1000 && ++refusals <= 6) {
        throw new RpcError(3, "execution reverted", ROLLUP.encodeErrorResult("WrongOldRoot", [1n, 2n]));
      }
      return answer();
    });
    const outcome = bench.submitterWith({ rpc }).submit(batches);
    await bench.miner.waiting(1);
    await bench.miner.mine();
    expect(expectMined(await outcome).count).to.equal(3);
  });

  it("sends fewer where a transaction may not use as much gas as they take", async () => {
    const batches = await bench.batches(4);
    const journal = new MemoryJournal();
    const rpc = altered(rpcOf(bench.world), (method, answer, [call]) => {
      if (method !== "eth_call" && method !== "eth_estimateGas") return answer();
      const { to, data } = call as { readonly to: string; readonly data: string };
      if (to === bench.world.address && data.length > 1000 && numbersIn({ data }).length > 2)
        throw new RpcError(-32000, "out of gas");
      return answer();
    });
    const outcome = bench.submitterWith({ rpc, journal }).submit(batches);
    await bench.miner.waiting(1);
    await bench.miner.mine();
    expect(expectMined(await outcome).count).to.equal(2);
    expect(inJournal(journal)).to.have.length(1);
  });

  it("sends fewer once transactions with all of them have failed", async () => {
    const batches = await bench.batches(2);
    const journal = new MemoryJournal();
    const trial = altered(rpcOf(bench.world), (method, answer, [call]) => {
      const isTrial = method === "eth_call" && (call as { readonly data: string }).data.length > 1000;
      return isTrial ? "0x" : answer();
    });
    // On chain a later one is refused, whatever a node says of it before.
    const [first, { words, ...rest }] = batches as [ProvenBatch, ProvenBatch];
    const outcome = bench
      .submitterWith({ rpc: trial, journal })
      .submit([first, { ...rest, words: words.with(0, words[0]! ^ 1) }]);
    for (let failures = 0; failures < 3; failures++) {
      const [waiting] = await bench.miner.waiting(1);
      expect(numbersIn(waiting!)).to.have.length(2);
      await bench.miner.mine();
    }
    const [waiting] = await bench.miner.waiting(1);
    expect(numbersIn(waiting!)).to.deep.equal([first.batchNumber]);
    await bench.miner.mine();
    expect(expectMined(await outcome).upTo).to.equal(first.batchNumber);
  });

  it("has room for as many as gas and bytes of a transaction allow by any fork's rules", async () => {
    const [batch] = await bench.batches(1);
    const long = { ...batch!, words: new Uint8Array(6_000) };
    expect(roomForBatches(Array.from({ length: 64 }, () => long))).to.be.within(15, 25);
    expect(roomForBatches(Array.from({ length: 64 }, () => batch!))).to.equal(64);
    expect(roomForBatches([{ ...batch!, words: new Uint8Array(10 ** 6) }, batch!])).to.equal(1);
    const most = Array.from({ length: 20 }, () => ({ ...long, words: long.words.fill(3, 100) }));
    expect(calldataOf(most.slice(0, roomForBatches(most))).length / 2).to.be.below(128 * 1024);
  });

  it("brings every batch to L1 once, in runs of any length, whatever happens to calls, transactions and process", async () => {
    const random = seeded("chaos of deliveries");
    const below = (most: number): number => Number(random.below(BigInt(most)));
    const chance = (percent: number): boolean => below(100) < percent;
    const journal = new MemoryJournal();
    const rpc = altered(rpcOf(bench.world), async (method, answer) => {
      if (chance(10)) throw new RpcError(-32603, "internal error");
      const result = await answer();
      // It arrived, though nobody hears of it.
      if (method === "eth_sendRawTransaction" && chance(20)) throw new RpcError(-32603, "timeout");
      return result;
    });
    const made = await bench.batches(12);
    const done = new Set<number>();
    let process = new AbortController();
    const take = (outcome: SubmitOutcome, first: number): void => {
      for (let number = first; number <= expectMined(outcome).upTo; number++) done.add(number);
    };
    // Each time other ones go together, as if nothing of it were remembered but the journal.
    const start = (): void => {
      process = new AbortController();
      const submitter = bench.submitterWith({ rpc, journal, patience: 20 });
      let rest = made.filter(({ batchNumber }) => !done.has(batchNumber)).slice(0, 7);
      while (rest.length > 0) {
        const run = rest.slice(0, 1 + below(4));
        rest = rest.slice(run.length);
        const { signal } = process;
        void submitter.submit(run, { signal }).then(
          (outcome) => signal.aborted || take(outcome, run[0]!.batchNumber),
          () => undefined,
        );
      }
    };
    start();
    for (let turns = 0; done.size < made.length; turns++) {
      expect(turns, `${[...done].join()} after ${turns} turns`).to.be.below(2_000);
      await new Promise((later) => setTimeout(later, 10));
      const waiting = await bench.miner.mempool();
      if (waiting.length > 0 && chance(20)) await bench.miner.drop(waiting.at(-1)!.hash!);
      if (chance(40)) await bench.miner.mine();
      if (chance(25)) {
        process.abort(new Error("killed"));
        start();
      }
    }
    process.abort(new Error("done"));
    expect(await bench.batchNumber()).to.equal(made.at(-1)!.batchNumber);
    expect(await bench.world.chain.rollup.stateRoot()).to.equal(bench.world.state.root);
    expect(Math.max(...inJournal(journal).map((numbers) => numbers.length))).to.be.above(1);
  });
});
