import { expect } from "chai";
import { sendOnce, type Once } from "../../l1/once.ts";
import { addressOf } from "../../node/follow/addresses.ts";
import { PROOF } from "../support/chain/rollup.ts";
import { expectCode } from "../support/errors.ts";
import { FollowedRollup, placeOf } from "../support/node/followed-rollup.ts";

describe("L1 calls that anyone may make, and that happen once", () => {
  let world: FollowedRollup;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.deposit("dave", 0, 40n);
  });
  after(() => world.close());

  const send = (name: Once, ...args: readonly unknown[]) =>
    sendOnce(world.chain.signers["carol"]!, world.address, name, args);

  /** Expects that the first of two calls is sent, and that the second finds it done. */
  async function expectOnce(name: Once, ...args: readonly unknown[]): Promise<void> {
    expect(await send(name, ...args)).to.have.property("status", 1);
    expect(await send(name, ...args)).to.equal(undefined);
  }

  it("are done where somebody else was first, whoever that was, and refused where they are not for now", async () => {
    const { rollup, signers, networkHelpers } = world.chain;
    const index = placeOf("bob", 0);
    const { l1Address, balance } = world.state.account(index)!;
    const bob = addressOf(l1Address);
    const exit = [index, 0, bob, balance, [...PROOF]];
    const place = Number((await rollup.queueBounds()).head);
    const { refundAddress, pubKeyY } = (await rollup.queryFilter(rollup.filters.DepositQueued)).at(-1)!.args;
    const refund = [place, 0, 40n, pubKeyY, signers["dave"]!.address, refundAddress];
    for (const [name, args] of [
      ["freeze", []],
      ["exit", exit],
      ["refundDeposit", refund],
    ] as const) {
      await expectCode("ROLLUP_NOT_FROZEN", () => send(name, ...args));
    }
    await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
    await expectOnce("freeze");
    await expectOnce("exit", ...exit);
    await expectOnce("refundDeposit", ...refund);
    await expectOnce("withdraw", 0, bob);
  });
});
