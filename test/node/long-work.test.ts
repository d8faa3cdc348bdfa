import { expect } from "chai";
import { StateView } from "../../node/http/state.ts";
import { GroupCommit } from "../../node/pool/group-commit.ts";
import { Mempool } from "../../node/pool/mempool.ts";
import type { PooledOperation } from "../../node/pool/operation.ts";
import { Pool } from "../../node/pool/pool.ts";
import { reconcileSteps } from "../../node/sequencer/reconciliation.ts";
import { Verdicts } from "../../node/sequencer/verdicts.ts";
import { EMPTY_CHAIN, Store } from "../../node/store/store.ts";
import { signTransfer } from "../../protocol/operations.ts";
import { inSlices } from "../../protocol/slices.ts";
import { finish, type Steps } from "../../protocol/steps.ts";
import { hurriedClock } from "../support/node/hurried-clock.ts";
import { keyOf } from "../support/protocol/world.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const HASH = `0x${"00".repeat(32)}`;
const KEY = keyOf("alice");
const LIMITS = {
  ...{ operations: 1e6, perAccount: 1e6, validity: 0 },
  ...{ early: { operations: 0, perAccount: 0, ahead: 0, overdue: 0 }, gifts: { perDay: 0, perClient: 0 } },
};

/** A store with accounts at the indexes from 1 on. */
async function storeWith(accounts: number): Promise<Store> {
  const store = await Store.open(":memory:", 31337, ROLLUP, async () => ({ number: 1, hash: HASH }));
  const account = { pubKeyY: KEY.publicKey.y, l1Address: 1n, token: 0, balance: 10n ** 9n, nonce: 0 };
  const indexes = Array.from({ length: accounts }, (_, i) => i + 1);
  const changes = {
    accounts: new Map(indexes.map((index) => [index, account])),
    nodes: new Map(indexes.map((index) => [index, 1n])),
  };
  const batch = { number: 1, block: 1, transaction: HASH, size: 0, timestamp: 0, root: 0n, queueEnd: 0 };
  store.transaction(() => store.addBatch({ ...batch, chain: EMPTY_CHAIN, words: new Uint8Array() }, changes));
  return store;
}

describe("node: work that grows with what waits leaves room for others", () => {
  const COUNT = 200;
  const signed = signTransfer(KEY, 5n, { from: 1, to: 2, token: 0, amount: 1n, fee: 0n, nonce: 0, validUntil: 100 });
  let store: Store, pool: Pool, mempool: Mempool;
  beforeEach(async () => {
    store = await storeWith(3);
    pool = Pool.inMemory(31337, ROLLUP);
    mempool = new Mempool(pool, 5n, store.stored(), () => Promise.resolve(true), LIMITS);
    const transfer = (nonce: number) => ({ kind: "transfer" as const, operation: { ...signed, nonce } });
    await Promise.all(Array.from({ length: COUNT }, (_, nonce) => mempool.submit(transfer(nonce))));
  });
  afterEach(() => {
    pool.close();
    store.close();
  });

  it("while what expired is set aside, an operation at a time, and all is as it was until the end", () => {
    const steps = mempool.timeSteps(101);
    for (let step = 0; step < COUNT; step++) {
      expect(steps.next().done).to.equal(false);
      expect([mempool.ready.length, mempool.held.size]).to.deep.equal([COUNT, 0]);
    }
    finish(steps);
    expect([mempool.ready.length, mempool.held.size]).to.deep.equal([0, COUNT]);
    finish(mempool.timeSteps(99));
    expect([mempool.ready.length, mempool.held.size]).to.deep.equal([COUNT, 0]);
  });

  it("while it is taken up from the file", async () => {
    const clock = hurriedClock();
    const before = mempool.ready.map(({ id }) => id);
    await inSlices(mempool.resetSteps(store.stored()), clock);
    expect(mempool.ready.map(({ id }) => id)).to.deep.equal(before);
    expect(clock.pauses).to.be.at.least(2 * COUNT);
  });

  it("while it is seen which of what is held can never be done", async () => {
    const clock = hurriedClock();
    finish(mempool.timeSteps(101));
    const l1 = { requireBlock: async () => ({ timestamp: 0 }) } as never;
    const verdicts = new Verdicts({ store, pool, mempool, l1, clock });
    for (let look = 1; look < 4; look++) expect([...(await verdicts.look(look))]).to.deep.equal([]);
    expect((await verdicts.look(4)).size).to.equal(COUNT);
    expect(clock.pauses).to.be.at.least(4 * COUNT);
  });

  describe("while what L1 has done and taken back is taken note of, a batch in a transaction", () => {
    const [BATCHES, IN_A_BATCH] = [8, COUNT / 8];
    const row = { kind: "transfer", place: undefined, sender: 1, recipient: 2, token: 0, amount: 1n, fee: 0n } as const;

    /** How many wait after each step. */
    const waitingAfter = (steps: Steps<void>): readonly number[] => {
      const counts = [pool.operations.count("pending")];
      while (steps.next().done !== true) counts.push(pool.operations.count("pending"));
      return counts;
    };
    const most = (counts: readonly number[]): number =>
      Math.max(...counts.slice(1).map((count, i) => Math.abs(count - counts[i]!)));

    beforeEach(() => {
      store.transaction(() => {
        for (let i = 0; i < BATCHES; i++) {
          const [number, timestamp] = [2 + i, 1];
          const batch = { number, block: number, transaction: HASH, size: 0, timestamp, root: 0n, queueEnd: 0 };
          const chain = `0x${String(number).padStart(64, "0")}`;
          store.addBatch({ ...batch, chain, words: Uint8Array.of(i) }, { accounts: new Map(), nodes: new Map() });
          const nonces = Array.from({ length: IN_A_BATCH }, (_, place) => i * IN_A_BATCH + place);
          store.history.add(
            { ...batch, chain, words: Uint8Array.of(i) },
            nonces.map((nonce) => ({ ...row, nonce })),
          );
          store.advance({ number, hash: HASH });
        }
      });
    });

    it("forwards and back", () => {
      const forwards = waitingAfter(reconcileSteps(store, pool, undefined));
      expect([forwards[0], forwards.at(-1), most(forwards)]).to.deep.equal([COUNT, 0, IN_A_BATCH]);
      store.rollBack(1);
      const back = waitingAfter(reconcileSteps(store, pool, undefined));
      expect([back[0], back.at(-1), most(back)]).to.deep.equal([0, COUNT, IN_A_BATCH]);
      expect(pool.carriers.all()).to.have.length(BATCHES);
    });

    it("and whenever it is broken off, it is done when it is repeated", () => {
      for (const direction of ["forwards", "back"]) {
        if (direction === "back") store.rollBack(1);
        for (let broken = 1; ; broken++) {
          const steps = reconcileSteps(store, pool, undefined);
          let isDone = false;
          for (let step = 0; step < broken && !isDone; step++) isDone = steps.next().done === true;
          if (isDone) break;
        }
        expect(pool.operations.count("pending")).to.equal(direction === "back" ? COUNT : 0);
        expect(pool.seen.last.number).to.equal(store.lastBatch!.number);
      }
      // No transaction that L1 may still take is forgotten.
      expect(pool.carriers.all().flatMap(({ operations }) => operations)).to.have.length(COUNT);
    });
  });

  it("when much has piled up behind a batch that is made: in several transactions, in its order", async () => {
    const sizes: number[] = [];
    const done: number[] = [];
    const commits = new GroupCommit((work) => {
      const before = done.length;
      work();
      sizes.push(done.length - before);
    });
    const release = commits.hold();
    const all = Array.from({ length: 100 }, (_, i) => commits.run(() => done.push(i)));
    await new Promise(setImmediate);
    let turns = 0;
    const count = (): void => void (turns++, done.length < 100 && setImmediate(count));
    setImmediate(count);
    release();
    await Promise.all(all);
    expect(done).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
    expect(Math.max(...sizes)).to.be.at.most(32);
    expect(turns).to.be.at.least(sizes.length - 1);
  });

  it("while accounts are counted, once for all who ask meanwhile", async () => {
    const accounts = 10_000;
    const large = await storeWith(accounts);
    const steps = large.stored().countSteps();
    expect([steps.next().done, steps.next().done, steps.next().value]).to.deep.equal([false, false, accounts]);
    let counts = 0;
    const stored = large.stored.bind(large);
    large.stored = (...given) => (counts++, stored(...given));
    const view = new StateView({ store: large, pool, early: new Map() } as never);
    const both = await Promise.all([view.now(), view.now()]);
    expect(both.map((state) => state.accounts)).to.deep.equal([accounts, accounts]);
    expect(counts).to.be.below(4);
    large.close();
  });

  it("and the accounts that nobody paid for are found at the start without a look at all that was ever taken in", () => {
    const add = (_: unknown, i: number): PooledOperation =>
      pool.operations.add(`more ${i}`, { kind: "transfer", operation: signed }, 1);
    pool.transaction(() => void Array.from({ length: 3_000 }, add));
    const before = process.cpuUsage();
    for (let i = 0; i < 2_000; i++) expect(pool.operations.giftsSince(0)).to.deep.equal([]);
    const { user, system } = process.cpuUsage(before);
    // Row by row it took more than 300, and as much more as more was taken in.
    expect((user + system) / 1000).to.be.below(150);
  });

  it("and operations are read from the file in pages, in their order", () => {
    const add = (_: unknown, i: number): PooledOperation =>
      pool.operations.add(`more ${i}`, { kind: "transfer", operation: signed }, 0);
    pool.transaction(() => void Array.from({ length: 2_500 }, add));
    const ids = [...pool.operations.pendingIds()].map(({ id }) => id);
    expect(ids).to.deep.equal(pool.operations.pending().map(({ id }) => id));
    expect(ids).to.have.length(COUNT + 2_500);
  });
});
