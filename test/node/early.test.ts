import { expect } from "chai";
import type { PooledOperation } from "../../node/pool/operation.ts";
import type { SignedOperation } from "../../protocol/operations.ts";
import { expectCode } from "../support/errors.ts";
import { NodeWorld } from "../support/node/node-world.ts";

const FUNDS = 10n ** 9n;
const DAY = 86_400;

describe("node: what is good from a second on only", () => {
  let world: NodeWorld;
  beforeEach(async () => {
    world = await NodeWorld.create({
      limits: {
        early: { operations: 6, perAccount: 4, ahead: 30 * DAY, overdue: 2 * DAY },
        gifts: { perDay: 5, perClient: 3 },
      },
    });
    await world.fund(FUNDS);
  });
  afterEach(async () => {
    await world.expectTruth();
    await world.close();
  });

  type Operation = Pick<PooledOperation, "id">;
  const time = () => world.rollup.chain.networkHelpers.time;
  const inADay = async (): Promise<number> => (await time().latest()) + DAY;
  const statusOf = (operation: Operation) => world.now(operation).status;
  const dueOf = ({ id }: Operation) => world.node.early.get(id)?.due;
  const nonceOf = (name: string) => world.node.reserved(world.index(name))!.nonce;
  /** L1 comes to a time, and the node has looked often enough to believe it. */
  const comeTo = async (second: number): Promise<void> => {
    await time().increaseTo(second);
    await world.looks();
  };
  const signedOf = (operation: Operation): SignedOperation => {
    const { accepted } = world.now(operation);
    if (accepted.kind === "creation") throw new Error("nothing signed");
    return accepted;
  };
  const timestampOf = (operation: Operation) => world.node.store.batch(world.now(operation).batch!)!.timestamp;

  it("is kept until then, in no batch before, and done in one of that second or later", async () => {
    const validFrom = await inADay();
    const transfer = await world.send("alice", "bob", 5n, { validFrom });
    const withdrawal = await world.send("carol", undefined, 6n, { validFrom });
    const other = await world.send("dave", "bob", 7n);
    await world.settle();
    await comeTo(validFrom - 1);
    for (const operation of [transfer, withdrawal]) {
      expect([statusOf(operation), dueOf(operation)]).to.deep.equal(["pending", validFrom]);
      expect(world.held(operation)).to.equal(undefined);
    }
    expect(statusOf(other)).to.equal("verified");
    // Nothing waits for the node.
    expect(world.node.vitals()).to.deep.include({ stalled: 0 }).and.not.to.have.property("operation");
    expect(world.node.ready).to.deep.equal([]);
    await comeTo(validFrom);
    await world.settle();
    for (const operation of [transfer, withdrawal]) {
      expect([statusOf(operation), dueOf(operation)]).to.deep.equal(["verified", undefined]);
      expect(timestampOf(operation)).to.be.at.least(validFrom);
    }
  });

  it("is good at once where that second has passed", async () => {
    const sent = await world.send("alice", "bob", 5n, { validFrom: 0 });
    await world.settle();
    expect(statusOf(sent)).to.equal("verified");
  });

  it("is kept over a restart, and is not due by what this machine's clock says", async () => {
    const validFrom = await inADay();
    const sent = await world.send("alice", "bob", 5n, { validFrom });
    await world.restart();
    expect(dueOf(sent)).to.equal(validFrom);
    await world.looks();
    expect(statusOf(sent)).to.equal("pending");
    await time().increaseTo(validFrom);
    await world.restart();
    expect(dueOf(sent)).to.equal(validFrom);
    await world.settle();
    expect(statusOf(sent)).to.equal("verified");
  });

  it("waits anew where a reorganisation takes its batch back, and is done again", async () => {
    const validFrom = await inADay();
    const sent = await world.send("alice", "bob", 5n, { validFrom });
    const rejoin = await world.rollup.branch();
    await comeTo(validFrom);
    await world.settle();
    expect(statusOf(sent)).to.equal("verified");
    await rejoin();
    await world.rollup.mine(8);
    // L1 is a day behind again.
    await world.looks(8);
    expect([statusOf(sent), dueOf(sent)]).to.deep.equal(["pending", validFrom]);
    await comeTo(validFrom + 10);
    await world.settle();
    expect(statusOf(sent)).to.equal("verified");
    expect(timestampOf(sent)).to.be.at.least(validFrom);
  });

  it("has its account's later ones wait behind it, which is known and told", async () => {
    const validFrom = await inADay();
    const first = await world.send("alice", "bob", 5n, { validFrom });
    const second = await world.send("alice", "carol", 6n);
    const third = await world.send("alice", "carol", 7n, { validFrom: validFrom - 100 });
    const { id } = second;
    expect(world.node.early.get(id)).to.deep.include({ due: validFrom, behind: first.id });
    expect([dueOf(first), dueOf(third)]).to.deep.equal([validFrom, validFrom]);
    const { balance, nonce, due } = world.node.reserved(world.index("alice"))!;
    expect({ balance, nonce, due }).to.deep.equal({ balance: FUNDS - 18n, nonce: 3, due: validFrom });
    await world.settle();
    expect([first, second, third].map(statusOf)).to.deep.equal(["pending", "pending", "pending"]);
    await comeTo(validFrom);
    await world.settle();
    expect([first, second, third].map(statusOf)).to.deep.equal(["verified", "verified", "verified"]);
  });

  it("is refused behind one that is due only after it expires: OPERATION_EXPIRED", async () => {
    const validFrom = await inADay();
    await world.send("alice", "bob", 5n, { validFrom });
    await expectCode("OPERATION_EXPIRED", () => world.send("alice", "bob", 6n, { validUntil: validFrom - 1 }));
    expect(dueOf(await world.send("alice", "bob", 6n, { validUntil: validFrom + 100 }))).to.equal(validFrom);
  });

  it("gives way to another with its nonce that is good at once and says so, and those behind go on", async () => {
    const validFrom = await inADay();
    const nonce = nonceOf("alice");
    const given = await world.send("alice", "bob", 5n, { validFrom });
    const behind = await world.send("alice", "carol", 6n);
    await expectCode("NONCE_WRONG", () => world.send("alice", "bob", 7n, { nonce, validFrom }));
    const behindToo = await world.send("alice", "carol", 8n);
    const cancelling = world.sign("alice", "alice", 0n, { nonce });
    // Not by mistake, as when two wallets have the same key.
    await expectCode("NONCE_WRONG", () => world.node.submit(cancelling));
    await expectCode("NONCE_WRONG", () => world.node.submit(cancelling, behind.id));
    expect([given, behind, behindToo].map(dueOf)).to.deep.equal([validFrom, validFrom, validFrom]);
    const instead = await world.node.submit(cancelling, given.id);
    expect(world.held(given)).to.equal("NONCE_WRONG");
    expect(world.node.early.size).to.equal(0);
    await world.settle();
    expect([instead, behind, behindToo].map(statusOf)).to.deep.equal(["verified", "verified", "verified"]);
    await world.finalise();
    expect(await world.rejection(given)).to.equal("NONCE_WRONG");
  });

  it("spends what is there, and nobody spends what it will bring", async () => {
    const validFrom = await inADay();
    await expectCode("BALANCE_INSUFFICIENT", () => world.send("alice", "bob", FUNDS + 1n, { validFrom }));
    await world.send("alice", "bob", FUNDS, { validFrom });
    await expectCode("BALANCE_INSUFFICIENT", () => world.send("alice", "bob", 1n));
    await expectCode("BALANCE_INSUFFICIENT", () => world.send("bob", "carol", FUNDS + 1n));
  });

  /** All that somebody has is taken out by L1's order. */
  const takeOut = async (name: string): Promise<void> => {
    const { rollup, signers } = world.rollup.chain;
    const value = await rollup.queueFee();
    await rollup.connect(signers[name]).requestWithdrawal(world.index(name), 0, { value });
  };
  /** As many looks, each at a new block, as any verdict takes. */
  const lookOn = async (): Promise<void> => {
    for (let i = 0; i < 8; i++) {
      await world.rollup.mine(1);
      await world.node.step();
    }
  };

  it("is held, not lost, where it cannot be paid when its time comes", async () => {
    const validFrom = await inADay();
    const sent = await world.send("alice", "bob", FUNDS, { validFrom });
    await takeOut("alice");
    await world.settle();
    expect([statusOf(sent), dueOf(sent), world.held(sent)]).to.deep.equal(["pending", validFrom, undefined]);
    await comeTo(validFrom);
    expect([statusOf(sent), world.held(sent)]).to.deep.equal(["pending", "BALANCE_INSUFFICIENT"]);
    await world.deposit("alice", 0, FUNDS);
    await world.settle();
    expect(statusOf(sent)).to.equal("verified");
  });

  it("is rejected where it is held for longer than the node waits, and never comes into a batch again", async () => {
    const validFrom = await inADay();
    const last = validFrom + 2 * DAY;
    const sent = await world.send("alice", "bob", FUNDS, { validFrom });
    const behind = await world.send("alice", "carol", 0n, { validFrom: validFrom + DAY });
    await takeOut("alice");
    await world.settle();
    await comeTo(last - 100);
    await lookOn();
    expect(world.node.held(sent)?.message).to.match(new RegExp(`still so after ${last}$`));
    // Not by what this machine's clock says, nor by how long the process has known of it.
    await world.restart();
    await comeTo(last + 1);
    await lookOn();
    const { status, reason } = world.now(sent);
    expect([status, reason?.code]).to.deep.equal(["rejected", "OPERATION_OVERDUE"]);
    expect(reason?.message).to.match(/BALANCE_INSUFFICIENT.*stays good until another.* with nonce 0 is on L1$/);
    // That one waits for a nonce, which may come yet.
    expect([statusOf(behind), world.held(behind)]).to.deep.equal(["pending", "NONCE_WRONG"]);
    // Now there is enough for it; the payer has another one done in its place.
    await world.deposit("alice", 0, FUNDS);
    await world.settle();
    await world.restart();
    expect(await world.node.submit(signedOf(sent))).to.deep.include({ status: "rejected", isKnown: true });
    await lookOn();
    expect(statusOf(sent)).to.equal("rejected");
    const instead = await world.send("alice", "bob", 1n, { nonce: 0 });
    await world.settle();
    expect([sent, instead, behind].map(statusOf)).to.deep.equal(["rejected", "verified", "verified"]);
  });

  it("has its whole time to be held for, however long ago it was good when it was handed in", async () => {
    const sent = await world.send("alice", "bob", FUNDS, { validFrom: 0 });
    const taken = await time().latest();
    await takeOut("alice");
    await lookOn();
    expect([statusOf(sent), world.held(sent)]).to.deep.equal(["pending", "BALANCE_INSUFFICIENT"]);
    await comeTo(taken + 2 * DAY + 10);
    expect(await world.rejection(sent)).to.equal("OPERATION_OVERDUE");
  });

  it("does not fill the pool: EARLY_FULL for one account and in all, EARLY_TOO_LONG; others have their room", async () => {
    const validFrom = await inADay();
    await expectCode("EARLY_TOO_LONG", () => world.send("alice", "bob", 1n, { validFrom: validFrom + 30 * DAY }));
    for (let i = 0; i < 4; i++) await world.send("alice", "bob", 1n, { validFrom });
    await expectCode("EARLY_FULL", () => world.send("alice", "bob", 1n, { validFrom }));
    await expectCode("EARLY_FULL", () => world.send("alice", "bob", 1n));
    for (const name of ["bob", "carol"]) await world.send(name, "alice", 1n, { validFrom });
    await expectCode("EARLY_FULL", () => world.send("dave", "alice", 1n, { validFrom }));
    expect(statusOf(await world.send("dave", "alice", 1n))).to.equal("pending");
    await comeTo(validFrom);
    await world.settle();
    await world.send("alice", "bob", 1n, { validFrom: validFrom + DAY });
  });

  it("pays for no account's opening: OPERATION_EARLY", async () => {
    const validFrom = await inADay();
    const stranger = { pubKeyY: 77n, l1Address: 78n };
    await expectCode("OPERATION_EARLY", () => world.openAccount(stranger, 0, "alice", { validFrom }));
    expect(world.node.pending).to.deep.equal([]);
  });
});
