import { expect } from "chai";
import fc from "fast-check";
import { createBench } from "../support/chain/rollup.ts";
import { Calls } from "../support/chain/stateful/calls.ts";
import { COMMANDS, expectWayOut } from "../support/chain/stateful/commands.ts";
import { Model, USERS } from "../support/chain/stateful/model.ts";
import { LONG } from "../support/random.ts";

const RUNS = LONG ? 150 : 12;
const CALLS = LONG ? 5_000 : 250;

// Real calls in random order, as in the worst of worlds: proofs of honest batches and exits are all accepted, and so would
// be any other. What the contract says is compared with a model after each call.
describe("Rollup: any sequence of calls", () => {
  it("keeps the books, lets nothing leave twice, and leaves everybody a way out", async () => {
    const bench = await createBench();
    const { acceptAll, expecting, exitVerifier, owner, networkHelpers, ethers, rollup, token } = bench;
    const code = await ethers.provider.getCode(acceptAll);
    for (const verifier of [expecting, exitVerifier]) await networkHelpers.setCode(await verifier.getAddress(), code);
    const users = [owner, bench.alice, bench.bob, bench.mallory];
    expect(users).to.have.length(USERS);
    for (const user of users) {
      await token.mint(user, 10n ** 18n);
      await token.connect(user).approve(rollup, 10n ** 18n);
    }
    await rollup.connect(owner).setOperator(users[1]!);
    const start = await networkHelpers.takeSnapshot();
    const calls = new Calls(bench, users);
    const commands = fc.commands(COMMANDS, { maxCommands: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        await start.restore();
        const model = new Model((await networkHelpers.time.latest()) + 1, 1);
        await fc.asyncModelRun(() => ({ model, real: calls }), sequence);
        await expectWayOut(model, calls);
      }),
      { numRuns: RUNS },
    );
    expect(calls.made).to.be.at.least(CALLS);
  }).timeout("30m");
});
