import { expect } from "chai";
import { ROLLUP } from "../../../l1/contract.ts";
import { Accounts } from "../../../node/http/accounts.ts";
import { l1TransactionOf } from "../../../node/http/l1-transactions.ts";
import { withdrawalsPage } from "../../../node/http/withdrawals.ts";
import type { Rpc } from "../../../node/l1/rpc.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup, placeOf } from "../../support/node/followed-rollup.ts";
import { TestNode } from "../../support/node/served-node.ts";
import { expectStateOf, follow, rpcOf } from "../../support/node/stores.ts";

interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
}

describe("node: following a rollup to its end", () => {
  let world: FollowedRollup;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.deposit("alice", 1, 30n);
    await world.forceWithdrawal("bob", placeOf("bob", 0), 0);
    await world.deposit("dave", 0, 40n);
    await world.freeze();
    await world.exit(placeOf("bob", 0));
    await world.refund(2);
    await world.exit(placeOf("alice", 1));
    await world.pull("bob", 0);
  });
  after(() => world.close());

  it("knows who left, what was given back, and what is still to be pulled", async () => {
    const store = await follow(world);
    await expectStateOf(world, store);
    expect(store.isFrozen).to.equal(true);
    expect(store.hasExited(placeOf("bob", 0))).to.equal(true);
    expect(store.hasExited(placeOf("bob", 1))).to.equal(false);
    expect([8, 9, 10].map((place) => store.isRefunded(place))).to.deep.equal([false, false, true]);
    const alice = BigInt(world.chain.signers["alice"]!.address);
    expect(store.books.withdrawable(1, alice)).to.equal(world.state.account(placeOf("alice", 1))!.balance);
    expect(store.books.withdrawable(0, BigInt(world.chain.signers["bob"]!.address))).to.equal(0n);
    expect(store.verified).to.equal(store.cursor.number);
    store.close();
  });

  it("lists what is to be pulled by an address that never had an account", async () => {
    const store = await follow(world);
    const { refundAddress: l1Address } = store.queued(10)!;
    expect(store.stored().accountsOf(BigInt(l1Address)).size).to.equal(0);
    expect(withdrawalsPage(store, { l1Address }).items).to.deep.equal([
      { l1Address, token: 0, withdrawable: 40n, credits: [] },
    ]);
    store.close();
  });

  it("says in the API of each account that has left, and of no other", async () => {
    const node = await TestNode.of(world);
    const accounts = new Accounts(node);
    expect(accounts.find(placeOf("bob", 0)).exited).to.equal(true);
    expect(accounts.find(placeOf("bob", 1))).not.to.have.property("exited");
    const { items } = accounts.page({ limit: 100 });
    const left = items.filter(({ exited }) => exited).map(({ index }) => index);
    expect(left).to.have.members([placeOf("bob", 0), placeOf("alice", 1)]);
    node.close();
  });

  it("finds the L1 transactions of all that", async () => {
    const store = await follow(world);
    const of = (kind: "freeze" | "exit" | "refund", subject: number) =>
      l1TransactionOf(store, store.events.transactionOf(kind, subject)!).events;
    expect(of("freeze", 0)).to.deep.equal([{ kind: "freeze" }]);
    const bob = placeOf("bob", 0);
    const sum = { token: 0, amount: world.state.account(bob)!.balance };
    const l1Address = world.chain.signers["bob"]!.address;
    expect(of("exit", bob)).to.deep.equal([
      { kind: "exit", account: bob, l1Address, ...sum },
      { kind: "credit", l1Address, ...sum },
    ]);
    const { refundAddress } = store.queued(10)!;
    expect(of("refund", 10)).to.deep.equal([
      { kind: "refund", transaction: "queue-10" },
      { kind: "credit", token: 0, l1Address: refundAddress, amount: 40n },
    ]);
    store.close();
  });

  describe("believes no", () => {
    const refuses = (code: ErrorCode, name: string, change: (log: RawLog) => RawLog | undefined): Promise<unknown> => {
      const rpc: Rpc = async (method, params) => {
        const answer = await rpcOf(world)(method, params);
        if (method !== "eth_getLogs") return answer;
        const mine = (log: RawLog): boolean => log.topics[0] === ROLLUP.getEvent(name)!.topicHash;
        return (answer as RawLog[]).flatMap((log) => (mine(log) ? (change(log) ?? []) : [log]));
      };
      return expectCode(code, () => follow(world, { rpc }));
    };
    const another = (log: RawLog): RawLog => ({
      ...log,
      data: `${log.data.slice(0, -1)}${log.data.endsWith("1") ? 2 : 1}`,
    });

    it("freeze at another root", () => refuses("RPC_LOGS_MISSING", "Frozen", another));
    it("exit of another amount", () => refuses("RPC_INCONSISTENT", "Exited", another));
    it("refund of another amount", () => refuses("RPC_INCONSISTENT", "DepositRefunded", another));
    it("credit of another amount", () => refuses("RPC_LOGS_MISSING", "WithdrawalCredited", another));
    for (const name of ["Frozen", "Exited", "DepositRefunded", "WithdrawalCredited", "Withdrawn"]) {
      it(`silence about ${name}`, () => refuses("RPC_LOGS_MISSING", name, () => undefined));
    }
  });
});
