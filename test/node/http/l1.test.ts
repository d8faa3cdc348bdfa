import { expect } from "chai";
import { addressOf } from "../../../node/follow/addresses.ts";
import { Batches } from "../../../node/http/batches.ts";
import { leafOf } from "../../../protocol/account.ts";
import { decodeWords } from "../../../protocol/decode.ts";
import { nodeOf } from "../../../protocol/wide-poseidon.ts";
import { expectCode } from "../../support/errors.ts";
import { ApiWorld } from "../../support/node/api-world.ts";
import { FOLLOWED_SIZES, placeOf } from "../../support/node/followed-rollup.ts";

describe("what L1 has, over HTTP", () => {
  let api: ApiWorld;
  before(async () => {
    api = await ApiWorld.create();
    await api.start();
  });
  after(async () => {
    await api.stop();
    await api.close();
  });

  it("is told by /state and /config", async () => {
    const { rollup } = api.rollup.chain;
    const [head, tail] = (await rollup.queueBounds()).map(Number);
    const { deadline } = await rollup.queueEntry(head!);
    expect(await api.client.state()).to.deep.equal({
      ...{ chainId: 31337, rollup: api.rollup.address, isFrozen: false, pending: 0, early: 0 },
      ...{ root: await rollup.stateRoot(), batch: Number(await rollup.batchNumber()) },
      ...{ block: api.node.store.cursor.number, accounts: api.rollup.state.accounts().size },
      queue: { head, tail, deadline: Number(deadline) },
    });
    const config = await api.client.config();
    expect(config).to.include({ chainId: 31337, rollup: api.rollup.address, domain: api.rollup.domain });
    expect(config.sizes.map(({ transfers }) => transfers)).to.deep.equal([4, 2]);
  });

  it("is in its accounts", async () => {
    const all = await pages((after) => api.client.accounts({ limit: 2, ...after }), "after");
    const state = api.rollup.state.accounts();
    expect(all.map(({ index }) => index)).to.deep.equal([...state.keys()]);
    for (const { index, pending, final, l1Address, ...account } of all) {
      expect({ ...account, l1Address: BigInt(l1Address) }).to.deep.equal(state.get(index));
      expect(final).to.be.true;
      expect(pending).to.deep.equal({ balance: account.balance, nonce: account.nonce });
    }
    const { pubKeyY, l1Address } = state.get(placeOf("alice", 0))!;
    const alices = [9, 2 ** 32 - 1];
    const indexes = async (query: object) => (await api.client.accounts(query)).items.map(({ index }) => index);
    expect(await indexes({ pubKeyY })).to.deep.equal(alices);
    expect(await indexes({ l1Address: addressOf(l1Address) })).to.deep.equal(alices);
    expect(await indexes({ pubKeyY, token: 1 })).to.deep.equal([alices[1]]);
    expect(await indexes({ pubKeyY: 5n })).to.deep.equal([]);
    await expectCode("ACCOUNT_NOT_FOUND", () => api.client.account(77));
  });

  it("is proven by Merkle proofs, of older batches too", async () => {
    for (const [index, batch] of [
      [9, undefined],
      [2 ** 32 - 1, undefined],
      [64, 3],
      [77, undefined],
      [9, 0],
    ] as const) {
      const proof = await api.client.accountProof(index, batch);
      const account = proof.account && { ...proof.account, l1Address: BigInt(proof.account.l1Address) };
      expect(proof.batch).to.equal(batch ?? api.node.store.lastBatch!.number);
      expect(account ?? undefined).to.deep.equal(api.node.store.state(proof.batch).account(index));
      let [hash, place] = [leafOf(index, account ?? undefined), index];
      for (const siblings of proof.siblings) {
        hash = nodeOf(siblings.toSpliced(place % 8, 0, hash));
        place = Math.floor(place / 8);
      }
      expect(hash).to.equal(proof.root).and.to.equal(api.node.store.state(proof.batch).root);
    }
    await expectCode("BATCH_UNKNOWN", () => api.client.accountProof(9, 10_000));
  });

  it("is in its batches", async () => {
    const all = await pages((before) => api.client.batches({ limit: 3, ...before }), "before");
    expect(all.map(({ number }) => number)).to.deep.equal(all.map((_, i) => all.length - i));
    expect(all).to.have.lengthOf(api.node.store.lastBatch!.number);
    for (const batch of all) {
      const { size, words, transaction, root, timestamp } = api.node.store.batch(batch.number)!;
      const published = decodeWords(FOLLOWED_SIZES[size]!, words);
      const receipt = await api.rollup.chain.connection.ethers.provider.getTransactionReceipt(transaction);
      expect(batch).to.deep.equal({
        ...{
          number: batch.number,
          status: "verified",
          size: { id: size, transfers: FOLLOWED_SIZES[size]!.transfers },
        },
        ...{ oldRoot: published.oldRoot, root, timestamp, token: published.token, calldataBytes: words.length },
        l1Operations: published.l1Operations.length,
        withdrawals: published.withdrawals.length,
        transfers: published.transfers.length,
        fees: [...published.withdrawals, ...published.transfers].reduce((sum, { fee }) => sum + fee, 0n),
        l1: {
          ...{ transaction, block: receipt!.blockNumber, gasUsed: Number(receipt!.gasUsed) },
          gasPrice: receipt!.gasPrice,
        },
      });
      expect(await api.client.batch(batch.number)).to.deep.equal(batch);
    }
    await expectCode("BATCH_UNKNOWN", () => api.client.batch(10_000));
  });

  it("is in its batches, of which many leave room for others between two", async () => {
    const receipts = { of: () => Promise.resolve(undefined) } as never;
    const batches = new Batches(api.node, receipts, () => undefined);
    let [turns, isDone] = [0, false];
    const count = (): void => void (isDone || (turns++, setImmediate(count)));
    setImmediate(count);
    const { items } = await batches.page({ limit: 100, before: undefined, root: undefined });
    isDone = true;
    expect(items.length).to.equal(api.node.store.lastBatch!.number).and.be.above(5);
    expect(turns).to.be.at.least(items.length);
  });

  it("has batches by the root that they led to, which one that changes nothing keeps", async () => {
    const all = api.node.store.batches();
    for (const { root } of all) {
      const numbers = all.filter((batch) => batch.root === root).map(({ number }) => number);
      const found = await pages((before) => api.client.batches({ root, limit: 1, ...before }), "before");
      expect(found.map(({ number }) => number)).to.deep.equal(numbers.reverse());
    }
    expect((await api.client.batches({ root: 5n })).items).to.deep.equal([]);
    const made = api.node.makeBatch();
    const { root } = await api.client.batch(made);
    const found = await api.client.batches({ root });
    expect(found.items[0]).to.include({ number: made, status: "batched" });
    api.node.pool.batches.dropFrom(made);
  });

  it("is in its transactions, those that wait in the queue first", async () => {
    const all = await pages((before) => api.client.transactions({ limit: 3, ...before }), "before");
    expect(new Set(all.map(({ id }) => id))).to.have.lengthOf(all.length);
    const [head, tail] = (await api.rollup.chain.rollup.queueBounds()).map(Number) as [number, number];
    const waiting = all.filter(({ status }) => status === "pending");
    expect(waiting.map(({ id }) => id)).to.deep.equal(
      Array.from({ length: tail - head }, (_, i) => `queue-${tail - 1 - i}`),
    );
    expect(all.slice(0, waiting.length)).to.deep.equal(waiting);
    const rows = all.slice(waiting.length).map(({ batch, row }) => [batch, row]);
    const stored = api.node.store.history.list({ limit: 10_000 });
    expect(rows).to.deep.equal(stored.map(({ batch, row }) => [batch, row]));
    for (const each of all) expect(await api.client.transaction(each.id)).to.deep.equal(each);
    const kinds = new Set(all.map(({ kind }) => kind));
    expect(kinds).to.include.all.keys("transfer", "withdrawal", "deposit", "forcedWithdrawal", "creation");
    const { items } = await api.client.transactions({ account: 64, token: 0, status: "pending" });
    expect(items.map(({ kind, amount }) => [kind, amount])).to.deep.include(["deposit", 99n]);
    await expectCode("TRANSACTION_UNKNOWN", () => api.client.transaction(`0x${"ab".repeat(32)}`));
    await expectCode("TRANSACTION_UNKNOWN", () => api.client.transaction("queue-9999"));
  });

  it("is in the transactions of an L1 address: of its accounts, and of what waits in L1's queue for it", async () => {
    const { signers } = api.rollup.chain;
    const all = await pages((before) => api.client.transactions({ limit: 100, ...before }), "before");
    for (const name of ["alice", "bob", "carol"]) {
      const l1Address = signers[name]!.address;
      const own = (await api.client.accounts({ l1Address })).items.map(({ index }) => index);
      const isOwn = ({ from, to, l1Address: named, status }: (typeof all)[number]): boolean =>
        status === "pending"
          ? named === l1Address.toLowerCase() || named === l1Address
          : own.includes(from!) || own.includes(to!);
      const found = await pages((before) => api.client.transactions({ l1Address, limit: 3, ...before }), "before");
      expect(
        found.map(({ id }) => id),
        name,
      ).to.deep.equal(all.filter(isOwn).map(({ id }) => id));
      const [first] = own;
      const both = await api.client.transactions({ l1Address, account: first!, limit: 100 });
      expect(both.items).to.deep.equal((await api.client.transactions({ account: first!, limit: 100 })).items);
    }
    const l1Address = signers["alice"]!.address;
    expect((await api.client.transactions({ l1Address, account: 64 })).items).to.deep.equal([]);
    expect((await api.client.transactions({ l1Address: `0x${"12".repeat(20)}` })).items).to.deep.equal([]);
  });

  it("is found by the L1 transactions that did it", async () => {
    const { rollup, connection } = api.rollup.chain;
    const logs = await connection.ethers.provider.getLogs({ address: api.rollup.address, fromBlock: 0 });
    const byTransaction = Map.groupBy(logs, ({ transactionHash }) => transactionHash);
    const kinds = new Set<string>();
    for (const [hash, own] of byTransaction) {
      const names = own.map((log) => rollup.interface.parseLog(log)!);
      const followed = names.filter(({ name }) => NAMES[name] !== undefined);
      if (followed.length === 0) {
        await expectCode("TRANSACTION_UNKNOWN", () => api.client.l1Transaction(hash));
        continue;
      }
      const { events, block } = await api.client.l1Transaction(hash);
      expect(block).to.equal(own[0]!.blockNumber);
      expect(events.map(({ kind }) => kind)).to.deep.equal(followed.map(({ name }) => NAMES[name]));
      for (const [place, event] of events.entries()) {
        const { args } = followed[place]!;
        kinds.add(event.kind);
        if (event.batch !== undefined) expect(BigInt(event.batch)).to.equal(args["batchNumber"]);
        if (event.amount !== undefined) expect(event.amount).to.equal(args["amount"]);
        const named: string = event.transaction === undefined ? args["account"] : args["l1Address"];
        if (event.l1Address !== undefined) expect(BigInt(event.l1Address)).to.equal(BigInt(named));
        if (event.kind === "deposit") expect([event.amount, event.l1Address]).not.to.include(undefined);
        if (event.transaction === undefined) continue;
        expect(event.transaction).to.equal(`queue-${args["queueIndex"]}`);
        expect(await api.client.transaction(event.transaction)).to.include({ kind: event.kind, queuedBy: hash });
      }
    }
    expect([...kinds]).to.have.members([
      ...["size", "token", "deposit", "forcedWithdrawal", "batch", "credit", "payout"],
    ]);
    await expectCode("TRANSACTION_UNKNOWN", () => api.client.l1Transaction(`0x${"ab".repeat(32)}`));
  });

  it("is in the credits of an L1 address", async () => {
    const { address } = api.rollup.chain.signers["alice"]!;
    const { items } = await api.client.withdrawals({ l1Address: address });
    for (const { token, withdrawable, credits } of items) {
      expect(withdrawable).to.equal(await api.rollup.chain.rollup.withdrawable(token, address));
      for (const { batch, amount } of credits) {
        const published = api.node.store.history.of(batch).filter(({ kind }) => /ithdrawal/.test(kind));
        expect(published.map((row) => row.amount)).to.include(amount);
      }
    }
    expect(items.find(({ token }) => token === 1)?.credits[0]?.amount).to.equal(41n);
    expect((await api.client.withdrawals({ l1Address: `0x${"12".repeat(20)}` })).items).to.deep.equal([]);
  });

  it("says of its tokens what their contracts say", async () => {
    const [eth, test] = await pages((after) => api.client.tokens({ limit: 1, ...after }), "after");
    expect(eth).to.deep.equal({ id: 0, address: `0x${"00".repeat(20)}`, symbol: "ETH", decimals: 18 });
    expect(test).to.include({ id: 1, address: api.node.store.tokens()[1], symbol: "TEST" });
  });

  it("has fees of a known token", async () => {
    expect(await api.client.fees(1)).to.include({ token: 1, gasPrice: 7n, fee: 6_400n, minimum: 5n });
    await expectCode("TOKEN_UNKNOWN", () => api.client.fees(2));
  });
});

/** Events of the contract, as the API names them. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ BatchSizeRegistered: "size", TokenRegistered: "token", DepositQueued: "deposit" },
  ...{ WithdrawalRequested: "forcedWithdrawal", BatchSubmitted: "batch", WithdrawalCredited: "credit" },
  ...{ Withdrawn: "payout" },
};

/** All items of a list, page by page. */
async function pages<Item>(
  ask: (cursor: object) => Promise<{ items: Item[]; next: string | null }>,
  name: "before" | "after",
): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor: object = {}; ;) {
    const { items, next } = await ask(cursor);
    all.push(...items);
    if (next === null) return all;
    cursor = { [name]: next };
  }
}
