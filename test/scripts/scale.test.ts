import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect } from "chai";
import { measureFairness } from "../../bench/load/fairness.ts";
import { GLAMSTERDAM, OSAKA } from "../../l1/gas-schedule.ts";
import type { Job } from "../../prover/queue/job.ts";
import { DEFAULT_L1, gasOfBatch } from "../../scripts/scale/l1.ts";
import { ceilingOf, LIMITS, needFor, proofsPerSecond, type Conditions } from "../../scripts/scale/model.ts";
import * as report from "../../scripts/scale/report.ts";
import { coordinatorMs, publishedBatch, readMeasurements, type Measurements } from "../../scripts/scale/terms.ts";

// Numbers that can be multiplied by hand.
const STAGES = { admissionMs: 2, batchMs: 50, intakeMs: 5, witnessMs: 100, proofMs: 1_800, verificationMs: 100 };
const SIZE = { name: "ten", transfers: 10, accounts: 10, l1Operations: 1, withdrawals: 1, segments: 1, nodes: 8 };
const CONDITIONS: Conditions = {
  stages: STAGES,
  published: { size: SIZE, gas: 300_000, words: new Uint8Array(200).fill(7) },
  l1: { blockGas: 36_000_000, blobs: 6, schedule: OSAKA },
  cores: 16,
  coordinatorMs: 20,
};

describe("model of scale", () => {
  it("adds up what a rate needs", () => {
    const need = needFor(1_000, CONDITIONS);
    expect(need).to.deep.include({ batchesPerSecond: 100, admissionCores: 2, proverCores: 200, machines: 13 });
    expect(need).to.deep.include({ gasPerSecond: 30_000_000, bytesPerSecond: 20_000, binds: "L1 gas" });
    expect(need.loads).to.deep.equal({ "L1 gas": 10, "state machine, one core": 5, "coordinator, one core": 2.5 });
    expect(needFor(3_000, CONDITIONS).proverCores).to.equal(600);
  });

  it("names as binding what is reached first, and the rate at which it is", () => {
    expect(LIMITS.map((limit) => ceilingOf(limit, CONDITIONS))).to.deep.equal([100, 200, 400]);
    const roomy = { ...CONDITIONS, l1: { ...DEFAULT_L1, blockGas: 10 ** 9 } };
    expect(needFor(1, roomy).binds).to.equal("state machine, one core");
  });

  it("takes the floor of calldata where that costs more than what was measured", () => {
    const call = 292 * 40 + 160 * 10;
    expect(gasOfBatch(0, Uint8Array.of(0, 1, 0, 255), OSAKA)).to.equal(21_000 + call + 10 * (1 + 4 + 1 + 4));
    expect(gasOfBatch(0, new Uint8Array(548).fill(1, 300), GLAMSTERDAM)).to.equal(15_000 + 64 * 1_000);
    const long = { ...CONDITIONS, published: { ...CONDITIONS.published, words: new Uint8Array(10_000).fill(1) } };
    expect(needFor(10, long).gasPerSecond).to.equal(21_000 + call + 400_000);
  });

  it("charges by Glamsterdam's rules what another EVM does, to a hundredth", async () => {
    const [osaka, amsterdam] = await Promise.all(
      ["gas.json", "gas-amsterdam.json"].map(async (name) => {
        const file = resolve(import.meta.dirname, "../contracts", name);
        return JSON.parse(await readFile(file, "utf8")) as Record<string, number>;
      }),
    );
    for (const name of ["batch-4", "batch-16", "batch-64", "batch-320"]) {
      const { size, words } = await publishedBatch(name);
      const [before, after] = [osaka!, amsterdam!].map((gas) => gas[`a transfer in ${name}`]! * size.transfers);
      expect(gasOfBatch(before!, words, GLAMSTERDAM) / after!, name).to.be.within(0.99, 1.01);
    }
  });

  it("lets workers of one thread be as many as there are cores", () => {
    expect([1, 2, 4].map((workers) => proofsPerSecond(STAGES, workers, 2))).to.deep.equal([0.5, 1, 1]);
  });
});

describe("fairness of a load run", () => {
  const job = (order: number, startedAt: number, worker: string): Job =>
    ({ id: `${order}`, order, startedAt, result: { worker } }) as unknown as Job;

  it("is 1 for even shares, and counts idle workers", () => {
    const jobs = [job(1, 10, "a"), job(2, 11, "b"), job(3, 12, "a"), job(4, 13, "b")];
    expect(measureFairness(jobs, 2, 2)).to.deep.equal({ jobsPerSecond: 2, overtaken: 0, worstDelay: 0, shares: 1 });
    expect(measureFairness(jobs, 4, 2).shares).to.equal(0.5);
  });

  it("counts who overtakes", () => {
    const jobs = [job(1, 13, "a"), job(2, 10, "a"), job(3, 11, "a"), job(4, 12, "a")];
    expect(measureFairness(jobs, 1, 1)).to.deep.include({ overtaken: 0, worstDelay: 3 });
    expect(measureFairness([...jobs, job(9, 9, "a")], 1, 1)).to.deep.include({ overtaken: 1, worstDelay: 4 });
  });
});

describe("docs/scale.md", () => {
  let text: string;
  let measurements: Measurements;
  before(async () => {
    text = plain(await readFile(resolve(import.meta.dirname, "../../docs/scale.md"), "utf8"));
    measurements = await readMeasurements();
  });

  it("has the model's answers from the measurements that are kept", async () => {
    const [, size] = /`npm run scale -- --size (\S+) --write`/.exec(text)!;
    const stages = measurements.stages[size!]!.results;
    const terms = { stages, published: await publishedBatch(size!), l1: DEFAULT_L1, cores: 16 };
    const conditions = { ...terms, coordinatorMs: coordinatorMs(measurements) };
    expectRows(
      report.needs(
        [1_000, 10_000, 100_000].map((rate) => needFor(rate, conditions)),
        16,
      ).rows,
    );
    for (const line of report.ceilings(conditions)) expect(text).to.include(`${line}\n`);
  });

  it("has the measurements themselves, with their commands", () => {
    const { stages, fleet, simulation } = measurements;
    expectRows(report.fleetRuns(fleet!.results, (size) => stages[size]!.results).rows);
    expectRows(report.simulatedRuns(simulation!.results).rows);
    for (const { command } of [...Object.values(stages), fleet!, simulation!]) expect(text).to.include(command);
  });

  const expectRows = (rows: readonly (readonly string[])[]): void => {
    expect(rows).not.to.be.empty;
    for (const row of rows) expect(text).to.include(`| ${row.join(" | ")} |`);
  };
  /** Without the spaces that line a table's columns up. */
  const plain = (markdown: string): string => markdown.replace(/ +/g, " ");
});
