import { expect } from "chai";
import { ROLLUP } from "../../../l1/contract.ts";
import type { Rpc } from "../../../node/l1/rpc.ts";
import { takeTokens } from "../../support/chain/rollup.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { contentOf, expectStateOf, follow, newStorePath, rpcOf } from "../../support/node/stores.ts";

interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
}

describe("node: following payouts of a token of which the rollup has too little", () => {
  let world: FollowedRollup;
  const holder = () => BigInt(world.chain.signers["dave"]!.address);
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.batch({ token: 1, spends: [{ from: "dave", amount: 100n }] });
    const { rollup, tokenContract: token, connection } = world.chain;
    await takeTokens(connection, { rollup, token, amount: (await token.balanceOf(rollup)) - 60n });
    await world.pull("dave", 1);
  });
  after(() => world.close());

  it("knows what is still credited, to the unit, then and when the rest is paid", async () => {
    const path = newStorePath();
    const store = await follow(world, { path });
    expect(store.books.withdrawable(1, holder())).to.equal(40n);
    expect(store.books.tokenTotal(1)).to.equal(await world.chain.rollup.tokenTotal(1));
    await expectStateOf(world, store);
    store.close();

    const back = await world.branch();
    await world.chain.tokenContract.mint(world.chain.rollup, 1000n);
    await world.batch({ token: 1, spends: [{ from: "dave", amount: 5n }] });
    await world.pull("dave", 1);
    const later = await follow(world, { path });
    expect(later.books.withdrawable(1, holder())).to.equal(0n);
    later.close();
    const fresh = newStorePath();
    (await follow(world, { path: fresh, mostBlocks: 1 })).close();
    expect(contentOf(fresh)).to.deep.equal(contentOf(path));

    // A reorganisation takes the second payout back.
    await back();
    await world.mine(3);
    const again = await follow(world, { path });
    expect(again.books.withdrawable(1, holder())).to.equal(40n);
    again.close();
  });

  describe("believes no", () => {
    const refuses = (name: string, change: (log: RawLog) => readonly RawLog[]): Promise<unknown> => {
      const rpc: Rpc = async (method, params) => {
        const answer = await rpcOf(world)(method, params);
        if (method !== "eth_getLogs") return answer;
        const mine = (log: RawLog): boolean => log.topics[0] === ROLLUP.getEvent(name)!.topicHash;
        return (answer as RawLog[]).flatMap((log) => (mine(log) ? change(log) : [log]));
      };
      return expectCode("RPC_LOGS_MISSING", () => follow(world, { rpc }));
    };
    const another = (log: RawLog): RawLog => ({ ...log, data: `${log.data.slice(0, -2)}07` });

    it("other amount paid", () => refuses("Withdrawn", (log) => [another(log)]));
    it("other amount still credited", () => refuses("StillCredited", (log) => [another(log)]));
    it("silence about what is still credited", () => refuses("StillCredited", () => []));
    it("amount still credited without a payout", () => refuses("Withdrawn", () => []));
  });
});
