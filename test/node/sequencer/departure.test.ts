import { expect } from "chai";
import { BatchGas } from "../../../l1/batch-gas.ts";
import { GLAMSTERDAM } from "../../../l1/gas-schedule.ts";
import { DEPARTURE } from "../../../node/node.ts";
import { mayDepart, type Gathering } from "../../../node/sequencer/departure.ts";
import AMSTERDAM from "../../contracts/gas-amsterdam.json" with { type: "json" };
import OSAKA from "../../contracts/gas.json" with { type: "json" };

const [MINUTE, ETHER] = [60_000, 10n ** 18n];
const policy = { most: 8, longestWait: MINUTE, hourPrice: ETHER / 1000n };
/** One that was proven a moment ago, with another one behind it that saves what it costs to wait for half a minute. */
const gathering: Gathering = { waits: [1], isFull: false, isUrgent: false, saving: policy.hourPrice / 120n };

describe("node: departure of proven batches", () => {
  const departs = (changes: Partial<Gathering>): boolean => mayDepart(policy, { ...gathering, ...changes });

  it("is put off while the next one is being proven and saves more than waiting costs", () => {
    expect(departs({})).to.equal(false);
    expect(departs({ waits: [29_999] })).to.equal(false);
    expect(departs({ waits: [30_000] })).to.equal(true);
    // Each of them waits.
    expect(departs({ waits: [16_000, 13_999] })).to.equal(false);
    expect(departs({ waits: [16_000, 14_000] })).to.equal(true);
  });

  it("is at once where no other one comes, one transaction has no room, or L1's queue is due", () => {
    expect(departs({ saving: undefined })).to.equal(true);
    expect(departs({ isFull: true })).to.equal(true);
    expect(departs({ isUrgent: true })).to.equal(true);
    expect(departs({ saving: 0n })).to.equal(true);
  });

  it("is never later than the longest wait, whatever it saves", () => {
    expect(departs({ saving: ETHER, waits: [MINUTE] })).to.equal(false);
    expect(departs({ saving: ETHER, waits: [MINUTE + 1] })).to.equal(true);
    const free = { ...policy, hourPrice: 0n };
    expect(mayDepart(free, { ...gathering, waits: [MINUTE] })).to.equal(false);
    expect(mayDepart(free, { ...gathering, waits: [MINUTE + 1] })).to.equal(true);
  });

  it("is by default put off for minutes at 1 gwei, and for seconds where gas is cheap", () => {
    const saving = (wei: bigint): bigint => 200_000n * wei;
    const longest = { ...DEPARTURE, longestWait: Infinity };
    const waits = (wait: number, wei: bigint) =>
      mayDepart(longest, { ...gathering, waits: [wait], saving: saving(wei) });
    expect([waits(5 * MINUTE, 10n ** 9n), waits(15 * MINUTE, 10n ** 9n)]).to.deep.equal([false, true]);
    expect([waits(4_000, 10n ** 7n), waits(10_000, 10n ** 7n)]).to.deep.equal([false, true]);
  });

  it("counts what one batch was measured to save, to a sixth of what it takes alone: test/contracts/gas.json", () => {
    const gas = new BatchGas(320);
    const full = (transfers: number) => ({ transfers, l1Operations: 0, withdrawals: 0 });
    for (const [rules, measured] of [
      [gas.schedule, OSAKA],
      [GLAMSTERDAM, AMSTERDAM],
    ] as const) {
      gas.schedule = rules;
      for (const [name, transfers] of [
        ["batch-4", 4],
        ["batch-64", 64],
        ["batch-320", 320],
      ] as const) {
        const alone = measured[`a transfer in ${name}`] * transfers;
        const further = (measured[`a call of 32 of ${name}`] - measured[`a call of 8 of ${name}`]) / 24;
        const saved = gas.savedTogether(full(transfers));
        expect(Math.abs(saved - (alone - further)) / alone, `${name}: ${saved}`).to.be.below(1 / 6);
      }
    }
  });
});
