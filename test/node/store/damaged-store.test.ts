import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import type { Store } from "../../../node/store/store.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { expectCode } from "../../support/errors.ts";
import { PEOPLE } from "../../support/node/followed-rollup.ts";
import { NodeWorld } from "../../support/node/node-world.ts";
import { LONG, seeded } from "../../support/random.ts";

const TRIALS = LONG ? 1500 : 16;

/** Everything that a store tells, each as one asks for it. */
function questionsTo(batches: number, places: number): Readonly<Record<string, (store: Store) => unknown>> {
  const one = (name: string, count: number, ask: (store: Store, n: number) => unknown) =>
    Array.from({ length: count }, (_, n) => [`${name} ${n}`, (store: Store) => ask(store, n)] as const);
  return {
    sizes: (store) => store.sizes(),
    tokens: (store) => store.tokens(),
    bounds: (store) => store.queueBounds,
    waiting: (store) => store.waiting(),
    frozen: (store) => [store.isFrozen, store.hasExited(1), store.isRefunded(0)],
    accounts: (store) => [...store.stored().accounts()],
    payouts: (store) => store.books.payouts(),
    totals: (store) => [0, 1].map((token) => store.books.tokenTotal(token)),
    list: (store) => store.history.list({ limit: 1000 }),
    root: (store) => store.state().root,
    ...Object.fromEntries([
      ...one("account", 16, (store, n) => store.state().account(n)),
      ...one("path", 16, (store, n) => store.state().path(n)),
      ...one("batch", batches + 1, (store, n) => [
        store.batch(n),
        store.history.of(n),
        store.events.transactionOf("batch", n),
      ]),
      ...one("queued", places, (store, n) => [store.queued(n), store.history.queued(n), store.queueHash(n)]),
      ...one("owed", PEOPLE.length, (store, n) => {
        const address = store.state().account(n + 1)?.l1Address ?? 0n;
        return [store.books.withdrawable(0, address), [...store.stored().accountsOf(address)]];
      }),
    ]),
  };
}

/** Files of what was taken in. */
const POOL = ["node.db", "node.db-head"];

describe("node whose store is damaged", function () {
  this.timeout(LONG ? "4h" : "4m");
  const random = seeded("node/damaged store");
  let world: NodeWorld;
  let file: string;
  let whole: Buffer;
  let questions: ReturnType<typeof questionsTo>;
  let right: ReadonlyMap<string, unknown>;

  before(async () => {
    world = await NodeWorld.create();
    await world.fund();
    for (const [from, to] of [
      ["alice", "bob"],
      ["bob", undefined],
      ["carol", "alice"],
      ["alice", undefined],
    ] as const) {
      await world.send(from, to, 1_000n);
      await world.settle();
    }
    const { store } = world.node;
    questions = questionsTo(store.lastBatch!.number, store.queueBounds.tail);
    right = new Map(Object.entries(questions).map(([name, ask]) => [name, ask(store)]));
    file = store.path;
    await world.node.close();
    // A file that was closed has no log.
    expect(existsSync(`${file}-wal`)).to.equal(false);
    whole = readFileSync(file);
    for (const name of POOL) copyFileSync(join(world.data, name), join(world.data, `${name}.whole`));
  });
  afterEach(() => world.node.close().catch(() => undefined));
  after(async () => {
    await world.open();
    await world.close();
  });

  /** What is told is right, or nothing is told. Returns how many questions had no answer. */
  function expectNoLies(): number {
    let silent = 0;
    for (const [name, ask] of Object.entries(questions)) {
      try {
        expect(ask(world.node.store), name).to.deep.equal(right.get(name));
      } catch (error) {
        if (!(error instanceof SheafError)) throw error;
        expect(error.code, `${name}: ${error.message}`).to.equal("STORE_CORRUPT");
        silent++;
      }
    }
    return silent;
  }

  /** It is at work again by itself, and says what it did. */
  async function expectWork(): Promise<void> {
    for (let steps = 0; steps < 3; steps++)
      await world.node.step().catch((error: SheafError) => expect(error.code).to.equal("STORE_CORRUPT"));
    expect(expectNoLies()).to.equal(0);
    expect(existsSync(`${file}-damaged`)).to.equal(false);
  }

  const restore = (content: Buffer): void => {
    for (const end of ["-wal", "-shm", "-damaged", ".aside"]) rmSync(file + end, { force: true });
    writeFileSync(file, content);
    for (const name of POOL) copyFileSync(join(world.data, `${name}.whole`), join(world.data, name));
    world.failures.length = 0;
  };

  it("serves nothing that is wrong, whichever bit flipped, and reads it from L1 again by itself", async () => {
    let found = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const content = Buffer.from(whole);
      // The first page alone says how all others are to be read.
      const end = trial % 4 === 0 ? 100 : content.length;
      const [at, bit] = [Number(random.below(BigInt(end))), Number(random.below(8n))];
      content[at]! ^= 1 << bit;
      restore(content);
      await world.open();
      const silent = expectNoLies();
      await expectWork();
      const told = world.failures.map((error) => (error as SheafError).code);
      if (silent > 0) expect(told, `byte ${at}, bit ${bit}`).to.include("STORE_CORRUPT");
      if (told.length > 0) found++;
      await world.node.close();
    }
    expect(found).to.be.above(TRIALS / 20);
  });

  it("is read from L1 again where it is cut off, empty or gone", async () => {
    for (const length of [undefined, 0, 50, 4096, whole.length >> 1, whole.length - 4096]) {
      restore(whole.subarray(0, length ?? 0));
      if (length === undefined) rmSync(file);
      await world.open();
      expectNoLies();
      await expectWork();
      const told = world.failures.map((error) => (error as SheafError).code);
      // A file of nothing is a new one.
      expect(told, `${length} bytes`).to.deep.equal(length === undefined || length === 0 ? [] : ["STORE_CORRUPT"]);
      await world.node.close();
    }
  });

  it("serves no value that changed under it, and goes on with operations that it had taken in", async () => {
    restore(whole);
    await world.open();
    const index = world.index("alice");
    const changes: readonly string[] = [
      "UPDATE accounts SET balance = zeroblob(17)",
      `DELETE FROM accounts WHERE place = ${index} AND batch > 1`,
      "UPDATE payouts SET amount = zeroblob(17)",
      "UPDATE operations SET amount = zeroblob(17)",
      "UPDATE queue SET deadline = deadline + 1",
      "UPDATE nodes SET hash = zeroblob(32)",
      "UPDATE batches SET root = zeroblob(32)",
    ];
    for (const sql of changes) {
      const sent = await world.send("carol", "bob", 7n);
      const other = new DatabaseSync(file);
      other.exec(sql);
      other.close();
      // What it still had in memory is right; of what it reads nothing wrong is told.
      expect(expectNoLies(), sql).to.be.above(0);
      // Once it has shown, nothing is told at all.
      await expectCode("STORE_CORRUPT", async () => world.node.store.sizes());
      expect(world.now(sent).status).to.equal("pending");
      await world.node.step();
      await world.settle();
      expect(world.now(sent).status).to.equal("verified");
      right = new Map(Object.entries(questions).map(([name, ask]) => [name, ask(world.node.store)]));
    }
    await world.expectTruth();
    await world.node.close();
  });

  it("is found out at the start by whoever opens the file next", async () => {
    restore(whole);
    await world.open();
    const other = new DatabaseSync(file);
    other.exec("UPDATE payouts SET amount = zeroblob(17)");
    other.close();
    await expectCode("STORE_CORRUPT", async () => world.node.store.books.payouts());
    await world.node.close();
    world.failures.length = 0;
    await world.open();
    expect(world.failures.map((error) => (error as SheafError).code)).to.deep.equal(["STORE_CORRUPT"]);
    await expectWork();
    await world.node.close();
  });
});
