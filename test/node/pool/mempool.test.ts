import { expect } from "chai";
import fc from "fast-check";
import { SheafError, type ErrorCode } from "../../../protocol/errors.ts";
import type { SignedOperation } from "../../../protocol/operations.ts";
import { expectCode } from "../../support/errors.ts";
import { nodeOptions } from "../../support/node/node-options.ts";
import { NodeWorld } from "../../support/node/node-world.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { LONG } from "../../support/random.ts";

const FUNDS = 10n ** 9n;

const LIMITED = {
  ...{ operations: 6, perAccount: 4, validity: 100, gifts: { perDay: 5, perClient: 3 } },
  early: { operations: 5, perAccount: 3, ahead: 10_000, overdue: 1_000 },
};

describe("node: what it takes in", () => {
  let world: NodeWorld;
  before(async () => {
    world = await NodeWorld.create({ limits: LIMITED });
    await world.fund(FUNDS);
  });
  afterEach(() => world.settle());
  after(() => world.close());

  const submit = (signed: SignedOperation) => world.node.submit(signed);
  const changed = (signed: SignedOperation, changes: object): SignedOperation =>
    ({ ...signed, operation: { ...signed.operation, ...changes } }) as SignedOperation;
  const waiting = (): number => world.node.pool.operations.pending().length;

  /** Of L1's newest block. */
  const time = (): Promise<number> => world.rollup.chain.networkHelpers.time.latest();

  describe("is refused, and nothing remembered, with the code", () => {
    const projected = (name: string) => world.node.projected(world.index(name))!;
    const cases: readonly [ErrorCode, string, () => SignedOperation | Promise<SignedOperation>][] = [
      ["FIELD_OUT_OF_RANGE", "an index", () => changed(world.sign("alice", "bob", 1n), { from: 2 ** 32 })],
      ["AMOUNT_NOT_REPRESENTABLE", "", () => changed(world.sign("alice", "bob", 1n), { amount: 123_456_789_012_345n })],
      ["INDEX_RESERVED", "", () => changed(world.sign("alice", "bob", 1n), { to: 0 })],
      ["SIGNATURE_INVALID", "of another amount", () => changed(world.sign("alice", "bob", 1n), { amount: 2n })],
      ["SIGNATURE_INVALID", "by another key", () => world.sign("alice", "bob", 1n, { from: world.index("bob") })],
      ["NONCE_WRONG", "ahead", () => world.sign("alice", "bob", 1n, { nonce: projected("alice").nonce + 1 })],
      [
        "BALANCE_INSUFFICIENT",
        "for the fee",
        () => world.sign("dave", undefined, projected("dave").balance, { fee: 1n }),
      ],
      ["OPERATION_EXPIRED", "", async () => world.sign("alice", "bob", 1n, { validUntil: (await time()) + 99 })],
      ["TOKEN_WRONG", "of the recipient", () => world.sign("alice", "bob", 1n, { to: world.index("bob", 1) })],
      ["ACCOUNT_NOT_FOUND", "of the recipient", () => world.sign("alice", "bob", 1n, { to: 4000 })],
      ["ACCOUNT_NOT_FOUND", "of the sender", () => world.sign("alice", "bob", 1n, { from: 4000 })],
    ];
    for (const [code, what, make] of cases) {
      it(`${code} ${what}`.trim(), async () => {
        await expectCode(code, async () => submit(await make()));
        expect(waiting()).to.equal(0);
      });
    }

    it("ACCOUNT_BUSY, and MEMPOOL_FULL, until there is room again", async () => {
      for (let i = 0; i < 4; i++) await world.send("alice", "bob", 5n);
      await expectCode("ACCOUNT_BUSY", () => world.send("alice", "bob", 5n));
      await world.send("bob", "alice", 5n);
      await world.send("carol", "alice", 5n);
      await expectCode("MEMPOOL_FULL", () => world.send("dave", "alice", 5n));
      await expectCode("MEMPOOL_FULL", () => world.openAccount({ pubKeyY: 5n, l1Address: 6n }, 0, "dave"));
      await world.settle();
      expect((await world.send("dave", "alice", 5n)).status).to.equal("pending");
    });
  });

  it("is not acknowledged, nor remembered, when the disk does not take it", async () => {
    const { pool } = world.node;
    const commit = pool.transaction;
    const signed = world.sign("alice", "bob", 3n);
    const before = world.node.projected(world.index("alice"));
    pool.transaction = function <T>(work: () => T): T {
      return commit.call(pool, () => {
        work();
        throw new SheafError("FILE_UNWRITABLE", "the disk is full");
      }) as T;
    };
    await expectCode("FILE_UNWRITABLE", () => submit(signed));
    pool.transaction = commit;
    expect(world.node.projected(world.index("alice"))).to.deep.equal(before);
    expect((await submit(signed)).status).to.equal("pending");
  });

  it("may be refused for a fee that does not pay for it: FEE_TOO_LOW", async () => {
    const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
    const market = () => Promise.resolve({ baseFee: 90n, priorityFee: 10n });
    await world.restart({
      equip: async (rollup) => ({ ...(await equip(rollup)), pricing: { market, charge: true } }),
    });
    const { fee, minimum, promptFee } = await world.node.quote(0);
    expect(minimum > 0n && minimum <= fee).to.equal(true);
    await expectCode("FEE_TOO_LOW", () => world.send("alice", "bob", 1n, { fee: 1n }));
    expect((await world.send("alice", "bob", 1n, { fee })).status).to.equal("pending");
    // It has the batch made that the other one waits for too.
    await world.send("alice", "bob", 1n, { fee: promptFee });
    await world.settle();
    await world.restart();
  });

  it("is valid for a while of L1's time, whatever this machine's clock says", async () => {
    const validUntil = (await time()) + 100;
    expect(validUntil).to.be.greaterThan(Date.now() / 1000 + 10 ** 8);
    expect((await world.send("alice", "bob", 1n, { validUntil })).status).to.equal("pending");
  });

  it("is refused when it has expired by L1's last batch, though the node was only just started", async () => {
    await world.send("alice", "bob", 1n);
    await world.settle();
    const { timestamp } = world.node.store.lastBatch!;
    await world.restart();
    await expectCode("OPERATION_EXPIRED", () => world.send("alice", "bob", 1n, { validUntil: timestamp }));
  });

  it("may spend what waits: the recipient of a transfer passes it on", async () => {
    await world.send("alice", "bob", FUNDS / 2n);
    const all = world.node.projected(world.index("bob"))!.balance;
    expect(all).to.be.greaterThan(FUNDS);
    const passedOn = await world.send("bob", undefined, all);
    await world.settle();
    expect(world.now(passedOn).status).to.equal("verified");
    await world.deposit("bob", 0, FUNDS);
  });

  it("comes in the order in which it was handed in, however long signatures take", async () => {
    const signed = [0, 1, 2, 3].map((i) => {
      const nonce = world.node.projected(world.index("carol"))!.nonce + i;
      return world.sign("carol", "dave", BigInt(10 + i), { nonce });
    });
    let calls = 0;
    const verify = async () => {
      const turn = calls++;
      for (let i = 0; i < 20 - 5 * turn; i++) await new Promise(setImmediate);
      return true;
    };
    await world.restart({ verify });
    const taken = await Promise.all(signed.map(submit));
    const sequences = taken.map(({ sequence }) => sequence);
    expect(sequences).to.deep.equal([0, 1, 2, 3].map((i) => sequences[0]! + i));
  });

  it("has the same answer when it comes again, and is called known: at the same time, later, and after a restart", async () => {
    const signed = world.sign("alice", "bob", 11n);
    const [first, second] = await Promise.all([submit(signed), submit(signed)]);
    expect(first).to.not.have.property("isKnown");
    expect(second).to.deep.equal({ ...first, isKnown: true });
    expect(waiting()).to.equal(1);
    await world.restart();
    expect(await submit(signed)).to.deep.equal(second);
    await world.settle();
    expect(await submit(signed)).to.deep.include({ id: first.id, status: "verified", isKnown: true });
  });

  it("is one operation for each nonce: of two at the same time the second is refused", async () => {
    const nonce = world.node.projected(world.index("dave"))!.nonce;
    const both = [1n, 2n].map((amount) => submit(world.sign("dave", "alice", amount, { nonce })));
    const results = await Promise.allSettled(both);
    expect(results.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
  });

  it("never overdraws an account, and counts each nonce once, whatever is handed in", async () => {
    const names = ["alice", "bob", "carol", "dave"] as const;
    const wish = fc.record({
      from: fc.constantFrom(...names),
      to: fc.constantFrom(...names),
      percent: fc.integer({ min: 0, max: 130 }),
      skip: fc.constantFrom(0, 0, 0, 0, 1, -1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { maxLength: 6 }), async (wishes) => {
        for (const { from, to, percent, skip } of wishes) {
          const { balance, nonce } = world.node.projected(world.index(from))!;
          const exact = (balance * BigInt(percent)) / 100n;
          const amount = exact > 10n ** 6n ? exact - (exact % 10n ** 6n) : exact;
          if (nonce + skip < 0) continue;
          const answer = await world.send(from, to, amount, { nonce: nonce + skip }).catch((error: unknown) => error);
          const isRight = skip === 0 && amount <= balance;
          if (isRight && waiting() < 6) expect(answer).to.have.property("status");
          if (!isRight) expect(answer).to.be.instanceOf(Error);
          for (const name of names) expect(world.node.projected(world.index(name))!.balance >= 0n).to.equal(true);
        }
        await world.settle();
        const { rejected } = Object.groupBy(world.node.pool.operations.list({ limit: 1000 }), ({ status }) => status);
        expect(rejected ?? []).to.deep.equal([]);
      }),
      { numRuns: LONG ? 60 : 3 },
    );
  });
});
