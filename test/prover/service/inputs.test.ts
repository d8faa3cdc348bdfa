import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { ProverClient } from "../../../prover/service/client.ts";
import { expectCode } from "../../support/errors.ts";
import { ServiceHarness } from "../../support/prover/prover-service.ts";
import { until } from "../../support/until.ts";

describe("prover service's kept inputs", () => {
  let harness: ServiceHarness;
  let client: ProverClient;
  let folder: string;
  before(async () => {
    harness = await ServiceHarness.create();
    folder = join(harness.folder, "data", "inputs");
  });
  beforeEach(async () => (client = await harness.start()));
  afterEach(async () => {
    await harness.stop();
    await rm(join(harness.folder, "data"), { recursive: true, force: true });
  });
  after(() => harness.remove());

  /** Of a job, in the coordinator's folder. */
  const inputOf = async (id: string): Promise<string> => (await harness.service.coordinator.queue.get(id))!.input.hash;

  it("stay when a job is asked for again before the end of the first is dealt with", async () => {
    const { coordinator } = harness.service;
    const { id } = await client.submit(harness.submission());
    const cancelled = (await coordinator.queue.cancel(id))!;
    await client.submit(harness.submission());
    coordinator.failed(cancelled, { code: "WITNESS_FAILED", message: "late" }, "a worker");
    // Takes its turn after what the line above has begun.
    const other = await client.submit(harness.submission(1));
    expect(await readdir(folder)).to.have.members([await inputOf(id), await inputOf(other.id)]);
  });

  it("go when a coordinator starts after one that was killed, unless a job needs them", async () => {
    const { queue } = harness.service.coordinator;
    const [wanted, cancelled] = [await client.submit(harness.submission()), await client.submit(harness.submission(1))];
    await queue.cancel(cancelled.id);
    await writeFile(join(folder, ".upload"), "half of a wit");
    expect(await readdir(folder)).to.have.length(3);
    const needed = await inputOf(wanted.id);
    await harness.stop();
    client = await harness.start();
    const isTidy = async () => (await readdir(folder)).length === 1 || undefined;
    await until(isTidy, "the rest to be deleted");
    expect(await readdir(folder)).to.deep.equal([needed]);
    expect((await client.job(wanted.id)).state).to.equal("queued");
  });

  it("do not hold up other jobs when one is missing", async () => {
    const old = await client.submit({ ...harness.submission(1), order: 1 });
    const young = await client.submit({ ...harness.submission(), order: 2 });
    await rm(join(folder, await inputOf(old.id)));
    harness.join("honest");
    expect((await client.wait(young.id)).publicSignals).to.deep.equal(harness.made.publicSignals);
    expect((await client.job(old.id)).attempts).to.be.above(0);
    await client.cancel(old.id);
    await expectCode("JOB_FAILED", () => client.wait(old.id));
  });
});
