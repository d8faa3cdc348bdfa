import { expect } from "chai";
import { LONG } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import { planOf, type Plan } from "./plan.ts";
import { SCENARIOS } from "./scenarios.ts";
import { shrunk } from "./shrink.ts";
import { simulate } from "./simulation.ts";

/** One seed to play again, as a failure names it. */
const AGAIN = process.env["SHEAF_SIMULATION"];
const SEEDS = AGAIN !== undefined ? [AGAIN] : Array.from({ length: LONG ? 1_000 : 2 }, (_, i) => `${SEED}-${i}`);
/** Faults of a seed at least. */
const FEWEST = 10;

/** Seeds with which each scenario is played: a fault must not hide behind the order of two answers. */
const PLAYED = LONG ? 6 : 2;
/** Transactions that may fail in a scenario. */
const MOST_FAILED = 4;

/** Scenarios whose batches are so many at a time that some of them go to L1 in one transaction. */
const TOGETHER: readonly string[] = [
  "two deep reorganisations under many payments",
  "money that is gone when what it pays is due",
];

/** What a promise was broken with, as little of it as is found. */
async function report(seed: string, plan: Plan, violation: string): Promise<string> {
  const isSame = async (smaller: Plan): Promise<boolean> => {
    const found = await simulate(seed, smaller);
    return found.violation?.slice(0, 8) === violation.slice(0, 8);
  };
  const least = await shrunk(plan, isSame);
  const { notes } = await simulate(seed, least);
  return [
    `seed ${seed}: ${violation}`,
    `play it again: SHEAF_SIMULATION=${seed} ./sheaf test test/simulation/simulation.test.ts`,
    `as little as breaks it: ${JSON.stringify(least)}`,
    ...notes,
  ].join("\n");
}

describe("simulation: a rollup in virtual time", () => {
  for (const [name, plan] of Object.entries(AGAIN === undefined ? SCENARIOS : {})) {
    it(`keeps its promises under ${name}`, async () => {
      for (let seed = 1; seed <= PLAYED; seed++) {
        const { violation, notes, failedTransactions, deliveries } = await simulate(`${seed}`, plan);
        expect(violation, `seed ${seed}: ${notes.join("\n")}`).to.equal(undefined);
        // Of what is sent just before a reorganisation, or just before it is too old, some fails.
        expect(failedTransactions, `seed ${seed}`).to.be.at.most(MOST_FAILED);
        if (TOGETHER.includes(name))
          expect(Math.max(...deliveries), `seed ${seed}: ${deliveries.join()}`).to.be.above(1);
      }
    });
  }

  it(`keeps its promises under ${SEEDS.length} schedules of faults`, async function () {
    this.timeout(0);
    let [hours, payments, batches] = [0, 0, 0];
    for (const seed of SEEDS) {
      const plan = planOf(seed);
      expect(plan.faults.length).to.be.at.least(FEWEST);
      const result = await simulate(seed, plan);
      if (result.violation !== undefined) expect.fail(await report(seed, plan, result.violation));
      hours += result.hours;
      payments += result.payments;
      batches += result.batches;
    }
    if (LONG) console.log(`      ${hours.toFixed(0)} hours, ${payments} payments, ${batches} batches`);
  });

  it("is the same with the same seed", async () => {
    const plan = { ...SCENARIOS["a count of transactions that is one too high"]!, bursts: [] as Plan["bursts"] };
    const twice = [await simulate("same", plan), await simulate("same", plan)];
    expect(twice[0]).to.deep.equal(twice[1]);
  });

  it("prints as little as breaks a promise", async () => {
    const { faults } = planOf("much");
    const plan = { ...planOf("much"), faults };
    const [one, other] = [faults[3]!, faults[11]!];
    const least = await shrunk(plan, (smaller) =>
      Promise.resolve(smaller.faults.includes(one) && smaller.faults.includes(other)),
    );
    expect(least.faults).to.deep.equal([one, other]);
    expect(least.bursts).to.deep.equal([]);
  });
});
