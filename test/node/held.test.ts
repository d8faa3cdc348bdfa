import { expect } from "chai";
import type { Rpc } from "../../node/l1/rpc.ts";
import type { PooledOperation } from "../../node/pool/operation.ts";
import { nodeOptions } from "../support/node/node-options.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { rpcOf } from "../support/node/stores.ts";
import { until } from "../support/until.ts";

const FUNDS = 10n ** 9n;
const HOUR = 3600;
const TEN_YEARS = 10 * 365 * 24 * HOUR;

type Operation = Pick<PooledOperation, "id">;

describe("node: operations that no batch takes now", () => {
  let world: NodeWorld;
  /** Transactions that were sent while gas was dear: some miner has them, L1 does not. */
  let withheld: string[];
  let isDear: boolean;
  /** What the node hears of a block's time. */
  let timeOf: (time: number, block: number) => number;

  beforeEach(async () => {
    [withheld, isDear, timeOf] = [[], false, (time) => time];
    world = await NodeWorld.create();
    await world.fund(FUNDS);
    const direct = rpcOf(world.rollup);
    const rpc: Rpc = async (method, params) => {
      if (method === "eth_sendRawTransaction" && isDear) {
        withheld.push(params[0] as string);
        return `0x${"ab".repeat(32)}`;
      }
      const answer = await direct(method, params);
      if (method !== "eth_getBlockByNumber" || answer === null) return answer;
      const { timestamp, number } = answer as { timestamp: string; number: string };
      return { ...answer, timestamp: `0x${timeOf(Number(timestamp), Number(number)).toString(16)}` };
    };
    const { equip, l1 } = nodeOptions(rpc, world.rollup.address);
    await world.node.close();
    world.configure({ equip, l1 });
    await world.open();
  });
  afterEach(() => world.close());

  const statusOf = (operation: Operation) => world.now(operation).status;
  const time = () => world.rollup.chain.networkHelpers.time;

  /** Signs an operation that is valid for so long, and has it sent to L1 in a batch that is not mined. */
  async function sendDear(validity: number, amount = 5n): Promise<Operation> {
    const operation = await world.send("alice", "bob", amount, { validUntil: (await time().latest()) + validity });
    isDear = true;
    await until(async () => {
      await world.node.step();
      return withheld.length > 0 || undefined;
    }, "the batch to be sent");
    return operation;
  }

  /** Its batch is given up: L1 would hardly take it any more. */
  async function letItsTimePass(operation: Operation): Promise<void> {
    await time().increase(6 * HOUR - 540);
    await world.looks();
    expect(statusOf(operation)).to.equal("pending");
    // A rejection would come by now.
    for (let i = 0; i < 6; i++) {
      await world.rollup.mine(1);
      await world.node.step();
    }
  }

  const mine = async (raw: string): Promise<void> => {
    await world.rollup.chain.connection.provider.request({ method: "eth_sendRawTransaction", params: [raw] });
  };

  describe("and that a transaction may still execute", () => {
    it("are held, over a restart too, and verified when it is mined late", async () => {
      const operation = await sendDear(1000);
      await letItsTimePass(operation);
      await world.restart();
      await world.looks();
      const held = world.node.held(world.now(operation))!;
      expect([statusOf(operation), held.code]).to.deep.equal(["pending", "OPERATION_EXPIRED"]);
      expect(held.transaction).to.match(/^0x[0-9a-f]{64}$/);
      expect(held.until).to.be.greaterThan(await time().latest());
      isDear = false;
      await mine(withheld[0]!);
      await world.settle();
      expect(world.now(operation)).to.deep.include({ status: "verified", reason: undefined });
      await world.expectTruth();
    });

    it("are rejected once L1's final time has left the batch's window", async () => {
      const operation = await sendDear(1000);
      await letItsTimePass(operation);
      await time().increase(2 * HOUR);
      for (let i = 0; i < 6; i++) {
        await world.rollup.mine(1);
        await world.node.step();
      }
      expect(statusOf(operation), "a reorganisation could still bring the time back").to.equal("pending");
      await world.finalise();
      expect(await world.rejection(operation)).to.equal("OPERATION_EXPIRED");
      await world.expectTruth();
    });

    it("are rejected once another batch has the number for good", async () => {
      const operation = await sendDear(1000);
      await letItsTimePass(operation);
      isDear = false;
      const other = await world.send("carol", "bob", 7n);
      await world.settle();
      await world.looks(8);
      expect([statusOf(other), statusOf(operation)]).to.deep.equal(["verified", "pending"]);
      await world.finalise();
      expect(await world.rejection(operation)).to.equal("OPERATION_EXPIRED");
      await world.expectTruth();
    });

    it("block nobody: their payer signs another with the same nonce, and one of the two is executed", async () => {
      const operation = await sendDear(1000);
      await letItsTimePass(operation);
      isDear = false;
      const nonceOf = ({ id }: Operation) => {
        const { operation } = world.now({ id }).accepted;
        return "nonce" in operation ? operation.nonce : undefined;
      };
      const instead = await world.send("alice", "bob", 6n);
      expect(nonceOf(instead)).to.equal(nonceOf(operation));
      await world.settle();
      expect([statusOf(instead), statusOf(operation)]).to.deep.equal(["verified", "pending"]);
      await world.finalise();
      await world.rejection(operation);
      await world.expectTruth();
    });

    it("win over another with the same nonce and content if their transaction comes first, and only one counts", async () => {
      const operation = await sendDear(1000);
      await letItsTimePass(operation);
      const same = await world.send("alice", "bob", 5n);
      expect(same.id).to.not.equal(operation.id);
      await mine(withheld[0]!);
      isDear = false;
      await world.settle();
      await world.looks();
      expect([statusOf(operation), statusOf(same)]).to.deep.equal(["verified", "pending"]);
      expect(world.held(same)).to.equal("NONCE_WRONG");
      await world.finalise();
      expect(await world.rejection(same)).to.equal("NONCE_WRONG");
      await world.expectTruth();
    });
  });

  it("are executed where L1 says so, though they were rejected: both is shown, and money is counted by L1", async () => {
    const operation = await sendDear(1000);
    await letItsTimePass(operation);
    // As a node does that knows nothing of the transaction.
    const reason = { code: "OPERATION_EXPIRED", message: "valid until yesterday" } as const;
    world.node.pool.transaction(() => world.node.pool.operations.reject(operation.id, reason));
    await world.restart();
    const rejoin = await world.rollup.branch();
    const told: string[] = [];
    world.node.subscribe((event) => event.type === "transaction" && told.push(event.id));
    isDear = false;
    await mine(withheld[0]!);
    await world.settle();
    expect(world.now(operation)).to.deep.include({ status: "verified", reason });
    expect(told).to.include(operation.id);
    expect(world.node.projected(world.index("bob"))!.balance).to.equal(FUNDS + 5n);
    await world.expectTruth();
    await rejoin();
    await world.rollup.mine(5);
    await world.settle();
    expect(world.now(operation), "never in a batch of this node's again").to.deep.include({
      status: "rejected",
      reason,
    });
    expect(world.node.projected(world.index("bob"))!.balance).to.equal(FUNDS);
  });

  it("since a forced withdrawal took the balance, wait for a deposit: all of them, and others do not wait for them", async () => {
    const { rollup, signers } = world.rollup.chain;
    const waiting: Operation[] = [];
    for (let i = 0; i < 12; i++) waiting.push(await world.send("alice", "bob", BigInt(1 + i)));
    const value = await rollup.queueFee();
    await rollup.connect(signers["alice"]).requestWithdrawal(world.index("alice"), 0, { value });
    const other = await world.send("carol", "bob", 7n);
    await world.settle();
    await world.finalise();
    await world.looks();
    expect(statusOf(other)).to.equal("verified");
    const left = waiting.filter((operation) => statusOf(operation) === "pending");
    expect(left.length).to.be.greaterThan(8);
    expect(world.held(left[0]!)).to.equal("BALANCE_INSUFFICIENT");
    await world.deposit("alice", 0, FUNDS);
    await world.settle();
    expect(waiting.map(statusOf)).to.deep.equal(waiting.map(() => "verified"));
    await world.expectTruth();
  });

  describe("and false times of L1's", () => {
    /** Has the node look with false times, then with true ones, and expects that a short-lived payment comes through. */
    async function expectUnharmed(lies: number, lie: (time: number) => number): Promise<void> {
      const operation = await world.send("alice", "bob", 5n, { validUntil: (await time().latest()) + 900 });
      // One that a batch of any time may hold.
      const lasting = await world.send("carol", "bob", 5n);
      timeOf = lie;
      await world.looks(lies);
      timeOf = (truth) => truth;
      await world.settle();
      expect([operation, lasting].map(statusOf)).to.deep.equal(["verified", "verified"]);
      const { timestamp } = world.node.store.lastBatch!;
      expect(timestamp).to.be.within((await time().latest()) - 60, await time().latest());
      const next = await world.send("alice", "bob", 6n, { validUntil: (await time().latest()) + 100 });
      await world.settle();
      expect(statusOf(next)).to.equal("verified");
      await world.expectTruth();
    }

    for (const [name, lie] of [
      ["far ahead", (truth: number) => truth + TEN_YEARS],
      ["seven hours ahead", (truth: number) => truth + 7 * HOUR],
      ["long ago", () => 1],
    ] as const) {
      it(`do no harm: one that is ${name}, at a node's first look`, async () => {
        await world.restart();
        await expectUnharmed(1, lie);
      });

      it(`do no harm: two that are ${name}, while it works`, async () => {
        await world.looks();
        await expectUnharmed(2, lie);
      });
    }

    it("reject nothing, though a block says them whenever it is asked for, and refuse nothing afterwards", async () => {
      await world.looks();
      const lying = await time().latestBlock();
      timeOf = (truth, block) => (block === lying ? truth + TEN_YEARS : truth);
      const operation = await world.send("alice", "bob", 5n, { validUntil: (await time().latest()) + 900 });
      for (let i = 0; i < 20; i++) await world.node.step();
      expect(statusOf(operation)).to.not.equal("rejected");
      await world.rollup.mine(1);
      await until(async () => {
        await world.rollup.mine(1);
        await world.node.step();
        return statusOf(operation) === "verified" || undefined;
      }, "the payment");
      const next = await world.send("alice", "bob", 6n, { validUntil: (await time().latest()) + 100 });
      await world.settle();
      expect(statusOf(next)).to.equal("verified");
    });
  });
});
