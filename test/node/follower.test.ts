import { expect } from "chai";
import { FollowedRollup, placeOf } from "../support/followed-rollup.ts";
import { contentOf, expectStateOf, follow, newStorePath, rpcOf } from "../support/stores.ts";

describe("node: following L1", () => {
  let world: FollowedRollup;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.busy(30, "following L1");
    await world.deposit("dave", 1, 77n);
  });
  after(() => world.close());

  it("rebuilds the whole state from logs and calldata", async () => {
    const store = await follow(world);
    await expectStateOf(world, store);
    const { rollup } = world.chain;
    expect(store.lastBatch!.number).to.equal(Number(await rollup.batchNumber()));
    expect(store.queueBounds).to.deep.equal(
      Object.fromEntries(["head", "tail"].map((name, i) => [name, i])) && {
        head: Number((await rollup.queueBounds()).head),
        tail: Number((await rollup.queueBounds()).tail),
      },
    );
    expect(store.waiting().at(-1)!.operation).to.deep.include({ kind: "deposit", token: 1, amount: 77n });
  });
});
