import { expect } from "chai";
import type { OpenedAccount, Quote } from "../../node/node.ts";
import { isGift, type PooledOperation } from "../../node/pool/operation.ts";
import { representable } from "../../node/submitter/quote.ts";
import { feeFloat } from "../../protocol/float.ts";
import type { SignedOperation, Transfer } from "../../protocol/operations.ts";
import { expectCode } from "../support/errors.ts";
import { nodeOptions } from "../support/node/node-options.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { rpcOf } from "../support/node/stores.ts";
import { until } from "../support/until.ts";

const GWEI = 10n ** 9n;
/** A dollar has six decimals, an ether costs 2,500 of them. Token 2 has no price. */
const PRICES = new Map([[1, 2_500_000_000n]]);
const NEVER = { maxAge: 0, longestWait: Infinity, maxQueueAge: 0 };

describe("node: the operator's ether", () => {
  let world: NodeWorld;
  let gasPrice = GWEI;
  before(async () => {
    world = await NodeWorld.create();
    await world.fund(10n ** 18n);
    // Opens the accounts that fees go to.
    for (const token of [0, 1]) await world.send("alice", "bob", 1n, { fee: 1n, token });
    await world.settle();
  });
  after(() => world.close());
  afterEach(async () => {
    // What a test left need not wait any more.
    for (const { id } of world.node.pending.filter(isGift)) {
      world.node.pool.operations.reject(id, { code: "ACCOUNT_EXISTS", message: "the test is over" });
    }
    await restart({ charge: false });
    await world.settle();
    await world.expectTruth();
  });

  interface Change {
    readonly charge?: boolean;
    readonly prices?: ReadonlyMap<number, bigint>;
    readonly longestWait?: number;
    readonly maxQueueAge?: number;
    readonly gifts?: { readonly perDay: number; readonly perClient: number };
  }
  const restart = async ({
    charge = true,
    prices = PRICES,
    gifts = { perDay: 0, perClient: 0 },
    ...policy
  }: Change = {}) => {
    gasPrice = GWEI;
    const { equip } = nodeOptions(rpcOf(world.rollup), world.rollup.address);
    const market = () => Promise.resolve({ baseFee: gasPrice, priorityFee: 0n });
    await world.restart({
      equip: async (rollup) => ({ ...(await equip(rollup)), pricing: { market, charge, prices, fresh: 0 } }),
      policy: { ...NEVER, ...policy },
      limits: { gifts },
    });
  };

  const payable = (fee: bigint): bigint => representable(feeFloat, fee);
  const batches = (): number => world.node.store.lastBatch!.number + world.node.underWay().length;
  /** Lets the node look at L1 a few times, and bring what it makes there. Returns how many batches it made. */
  const made = async (): Promise<number> => {
    const before = batches();
    for (let i = 0; i < 3; i++) await world.node.step();
    const after = batches();
    await until(() => world.node.step().then(() => world.node.underWay().length === 0 || undefined), "L1 to have them");
    expect(batches(), "made afterwards").to.equal(after);
    return after - before;
  };
  const stranger = (i: number) => ({ pubKeyY: 5n, l1Address: BigInt(10 ** 6 + i) });
  const ask = (i: number, client = `10.0.0.${i}`): Promise<OpenedAccount> =>
    world.node.openAccount(stranger(i), 0, { client });
  const gifts = (): number => world.node.pending.filter(isGift).length;
  const statusOf = ({ id }: Pick<PooledOperation, "id">) => world.now({ id }).status;
  const creation = ({ index }: OpenedAccount) => world.now({ id: `creation-${index}` });
  const quote = (token = 0): Promise<Quote> => world.node.quote(token);

  describe("is not spent on accounts that strangers ask for", () => {
    it("of which none is opened for nothing, unless the operator says so", async () => {
      await restart();
      for (let i = 0; i < 60; i++) await expectCode("OPENING_UNPAID", () => ask(i));
      expect(await made()).to.equal(0);
    });

    it("of which each client and all together get only so many a day, also after a restart", async () => {
      const limits = { gifts: { perDay: 4, perClient: 2 } };
      await restart(limits);
      for (const i of [100, 101]) await ask(i, "10.0.0.1");
      await expectCode("OPENING_UNPAID", () => ask(102, "10.0.0.1"));
      await ask(103, "10.0.0.2");
      await restart(limits);
      // Asked for again, it is the same one.
      expect(await ask(100, "10.0.0.1")).to.include({ status: "pending" });
      await ask(104, "10.0.0.3");
      await expectCode("OPENING_UNPAID", () => ask(105, "10.0.0.4"));
    });

    for (const charge of [true, false]) {
      it(`of which those given away have no batch made, ${charge ? "with" : "without"} --charge`, async () => {
        await restart({ charge, gifts: { perDay: 1000, perClient: 1000 } });
        const first = charge ? 20 : 500;
        for (let i = 0; i < 60; i++) expect((await ask(first + i)).status).to.equal("pending");
        expect(await made()).to.equal(0);
        expect(gifts()).to.equal(60);
        // They ride in the rows that others leave.
        const { promptFee } = await quote();
        const paid = await world.send("alice", "bob", 1n, { fee: promptFee });
        expect(await made()).to.equal(1);
        expect([statusOf(paid), gifts()]).to.deep.equal(["verified", 60 - 3]);
      });
    }

    it("who shut nobody out: whoever pays is taken in, and comes first", async () => {
      await restart({ gifts: { perDay: 10_000, perClient: 10_000 } });
      let taken = 0;
      for (let i = 0; i < 256; i++)
        taken += await ask(200 + i).then(
          () => 1,
          () => 0,
        );
      expect(taken).to.equal(64);
      const { opening, promptFee } = await quote();
      const opened = await world.openAccount(stranger(999), 0, "alice", { fee: payable(opening.fee + promptFee) });
      expect(await made()).to.equal(1);
      expect(creation(opened).status).to.equal("verified");
    });
  });

  describe("is given back by whoever has an account opened", () => {
    it("with a fee for its row too, in one batch with the opening", async () => {
      await restart();
      const { fee, minimum, opening, promptFee } = await quote();
      const pay = (i: number, fee: bigint) => world.openAccount(stranger(i), 0, "alice", { fee });
      await expectCode("FEE_TOO_LOW", () => pay(300, minimum));
      const opened = await pay(300, opening.fee);
      expect(opened).to.have.property("status", "pending");
      expect(await pay(300, opening.fee), "the same again").to.deep.equal(opened);
      expect(await made(), "it pays for its share only").to.equal(0);
      await world.send("bob", "alice", 1n, { fee: payable(promptFee + fee) });
      await world.settle();
      const { batch, status } = world.now({ id: opened.payment! });
      expect([status, creation(opened).status, creation(opened).batch]).to.deep.equal(["verified", "verified", batch]);
    });

    it("each with a payment of its own", async () => {
      await restart();
      const { fee } = (await quote()).opening;
      const { operation } = world.sign("alice", "alice", 0n, { fee }) as Extract<SignedOperation, { kind: "transfer" }>;
      const pay = (i: number) => world.node.openAccount(stranger(i), 0, { client: "", payment: operation });
      await pay(310);
      await expectCode("OPENING_UNPAID", () => pay(311));
      const sent = world.sign("bob", "bob", 0n, { fee }) as Extract<SignedOperation, { kind: "transfer" }>;
      await world.node.submit(sent);
      await expectCode("OPENING_UNPAID", () =>
        world.node.openAccount(stranger(311), 0, { client: "", payment: sent.operation }),
      );
    });

    it("or none is opened: what is paid with expired", async () => {
      await restart();
      const { time } = world.rollup.chain.networkHelpers;
      const { fee } = (await quote()).opening;
      const validUntil = (await time.latest()) + 1000;
      const opened = await world.openAccount(stranger(320), 0, "alice", { fee, validUntil });
      await time.increase(1001);
      await made();
      expect(await world.rejection({ id: opened.payment! })).to.equal("OPERATION_EXPIRED");
      expect(await world.rejection(creation(opened))).to.equal("OPENING_UNPAID");
      expect(world.node.pending).to.deep.equal([]);
    });

    it("those first who pay more, where there are more than rows", async () => {
      await restart();
      const { opening } = await quote();
      const low = [];
      for (let i = 0; i < 5; i++)
        low.push(await world.openAccount(stranger(330 + i), 0, "bob", { fee: opening.minimum }));
      gasPrice = 10n * GWEI;
      const { promptFee } = await quote();
      const high = await world.openAccount(stranger(340), 0, "alice", { fee: promptFee });
      expect(await made()).to.equal(1);
      expect(creation(high).status).to.equal("verified");
      expect(low.filter((opened) => creation(opened).status === "pending")).to.have.length(3);
    });
  });

  describe("is not spent on withdrawals", () => {
    const draw = (fee: bigint) => world.send("carol", undefined, 1000n, { fee });

    it("which pay for their row, and more where L1 must store a new credit", async () => {
      await restart();
      const { minimum, withdrawal, firstWithdrawal, promptFee } = await quote();
      expect(minimum < withdrawal.minimum && withdrawal.minimum < firstWithdrawal.minimum).to.equal(true);
      for (const fee of [minimum, withdrawal.minimum]) await expectCode("FEE_TOO_LOW", () => draw(fee));
      await draw(payable(firstWithdrawal.fee + promptFee));
      await world.settle();
      const now = await quote();
      await expectCode("FEE_TOO_LOW", () => draw(now.minimum));
      expect((await draw(now.withdrawal.minimum)).status).to.equal("pending");
    });
  });

  describe("is not spent on a batch", () => {
    const send = (changes: Partial<Transfer>, from = "alice") => world.send(from, "bob", 1n, changes);

    it("by what waits: its fee of some 70,000 gas does not buy it all, nor does it with many others'", async () => {
      await restart();
      const { fee, minimum, longestWait } = await quote();
      expect(longestWait).to.equal(null);
      const sent = await send({ fee });
      for (let i = 0; i < 3; i++) {
        const again = world.sign("alice", "bob", 1n, { fee, nonce: (sent.accepted.operation as Transfer).nonce });
        expect((await world.node.submit(again)).id, "the same again").to.equal(sent.id);
      }
      for (const from of ["bob", "carol"]) await send({ fee: minimum }, from);
      expect(await made()).to.equal(0);
      expect(world.node.batchBy(sent)).to.equal(undefined);
      await send({ fee: (await quote()).promptFee }, "dave");
      expect(await made()).to.equal(1);
      expect(statusOf(sent)).to.equal("verified");
    });

    it("that what gas costs by now makes dearer", async () => {
      await restart();
      const { promptFee } = await quote();
      gasPrice = 3n * GWEI;
      const sent = await send({ fee: promptFee });
      expect(await made()).to.equal(0);
      gasPrice = GWEI;
      expect(await made()).to.equal(1);
      expect(statusOf(sent)).to.equal("verified");
    });

    it("but after the longest wait, which is told to who waits", async () => {
      await restart({ longestWait: 1_000_000 });
      const { fee, longestWait } = await quote();
      expect(longestWait).to.equal(1000);
      const sent = await send({ fee });
      expect(world.node.batchBy(sent)).to.equal(sent.submittedAt + 1_000_000);
      expect(await made()).to.equal(0);
      await restart({ longestWait: 1 });
      expect(await made()).to.equal(1);
      expect(statusOf(sent)).to.equal("verified");
    });

    it("nor do those that have waited, and cannot be done yet, have batches made of others", async () => {
      await restart({ gifts: { perDay: 1000, perClient: 1000 }, longestWait: 0 });
      const { fee, opening } = await quote();
      // More openings than rows: what alice signs next waits behind her last one.
      const paid = [];
      for (let i = 0; i < 4; i++)
        paid.push(await world.openAccount(stranger(350 + i), 0, "alice", { fee: opening.fee }));
      const stuck = await send({ fee });
      await restart({ longestWait: Infinity });
      expect(world.node.pending).to.have.length(9);
      expect(await made()).to.equal(0);
      expect([statusOf(stuck), ...paid.map((opened) => creation(opened).status)]).to.deep.equal(
        Array(5).fill("pending"),
      );
    });

    it("by one token's operations, which hold up no other token's that pay", async () => {
      await restart();
      const cheap = await send({ fee: (await quote(1)).fee, token: 1 });
      gasPrice = 10n * GWEI;
      const paid = await send({ fee: (await quote(0)).promptFee });
      expect(await made()).to.equal(1);
      expect([statusOf(cheap), statusOf(paid)]).to.deep.equal(["pending", "verified"]);
      await world.send("carol", "dave", 1n, { fee: (await quote(1)).promptFee, token: 1 });
      await world.settle();
      expect(statusOf(cheap)).to.equal("verified");
    });

    it("by fees in a token without a price", async () => {
      await restart({ prices: new Map() });
      await expectCode("TOKEN_UNPRICED", () => quote(1));
      await expectCode("TOKEN_UNPRICED", () => send({ fee: 10n ** 15n, token: 1 }));
      await expectCode("TOKEN_UNPRICED", () =>
        world.openAccount(stranger(400), 0, "alice", { fee: 10n ** 15n, token: 1 }),
      );
      await restart({ charge: false, prices: new Map() });
      expect(await quote(1)).to.include({ fee: 0n, minimum: 0n });
    });

    it("by what expired while it waited, and is told to have been rejected", async () => {
      await restart();
      const { time } = world.rollup.chain.networkHelpers;
      const sent = await send({ fee: (await quote()).fee, validUntil: (await time.latest()) + 1000 });
      await time.increase(1001);
      expect(await made()).to.equal(0);
      expect(await world.rejection(sent)).to.equal("OPERATION_EXPIRED");
    });

    it("for each of many small deposits: they wait for each other, and cost their sender the queue's fee and gas", async () => {
      await restart({ maxQueueAge: 1_000_000 });
      const { rollup } = world.rollup.chain;
      const before = await world.rollup.chain.rollup.queueFee();
      for (let i = 0; i < 3; i++) await world.deposit("alice", 0, 1n);
      expect((await rollup.queueFee()) > before && before > 0n).to.equal(true);
      expect(await made()).to.equal(0);
      await restart({ maxQueueAge: 0 });
      expect(await made()).to.equal(1);
      expect(world.node.store.queueBounds.head).to.equal(world.node.store.queueBounds.tail);
    });
  });
});
