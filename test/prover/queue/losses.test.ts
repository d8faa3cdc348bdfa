import { expect } from "chai";
import { MAX_FAILURES, MAX_LOST_WORKERS } from "../../../prover/queue/job.ts";
import { describeQueues, HONEST, resultOf } from "../../support/prover/queue-world.ts";
import { until } from "../../support/until.ts";

describeQueues("job queue loses no job", (world) => {
  it("when it is asked for again after it has failed", async () => {
    await world.queue.judge(HONEST);
    const wanted = await world.queue.submit(world.request());
    for (let failures = 1; failures <= MAX_FAILURES; failures++) {
      await (await world.take(`worker ${failures}`)).fail({ code: "WITNESS_FAILED", message: "no" });
    }
    await world.stateOf(wanted.id, "failed");
    await world.queue.submit(wanted);
    // As many attempts as there were before, each with an answer.
    await (await world.take("a")).fail({ code: "WITNESS_FAILED", message: "no" });
    await (await world.take("b")).offer(resultOf("b"));
    expect((await world.stateOf(wanted.id, "proven")).result!.worker).to.equal("b");
  });

  it("when it is asked for again after it was cancelled and proven all the same", async () => {
    await world.queue.judge(HONEST);
    const wanted = await world.queue.submit(world.request());
    const lease = await world.take("a");
    await world.queue.cancel(wanted.id);
    await lease.offer(resultOf("a"));
    await world.queue.submit(wanted);
    await (await world.take("b")).offer(resultOf("b"));
    expect((await world.stateOf(wanted.id, "proven")).result!.worker).to.equal("b");
  });

  it("when more results wait for the coordinator than finished jobs are kept", async () => {
    await world.reopen({ keep: 2, leaseMs: 600_000 });
    const jobs = [];
    for (let n = 0; n < 5; n++) jobs.push(await world.queue.submit(world.request(n)));
    for (let n = 0; n < 5; n++) await (await world.take("a")).offer(resultOf("a"));
    for (const { id } of jobs) expect((await world.queue.get(id))?.state).to.equal("verifying");
    const proven: string[] = [];
    await world.queue.judge({ ...HONEST, settled: (verdict, { id }) => void proven.push(`${verdict} ${id}`) });
    await until(() => proven.length === 5 || undefined, "five verdicts");
    expect(proven).to.have.members(jobs.map(({ id }) => `accepted ${id}`));
    // Now they are finished.
    const isForgotten = async () => (await world.queue.list(10)).length === 2 || undefined;
    await until(isForgotten, "the oldest to be forgotten");
  });

  it("when it is finished after many that were submitted later", async () => {
    await world.reopen({ keep: 2 });
    await world.queue.judge(HONEST);
    const young = await world.queue.submit(world.request(90));
    for (let n = 0; n < 3; n++) await world.queue.submit(world.request(n));
    for (let n = 0; n < 4; n++) await (await world.take("a")).offer(resultOf("a"));
    await world.stateOf(young.id, "proven");
  });

  it("but gives up one that ends its workers", async () => {
    await world.reopen({ leaseMs: 200 });
    const { id } = await world.queue.submit(world.request());
    for (let lost = 1; lost <= MAX_LOST_WORKERS; lost++) await world.take(`worker ${lost}`);
    await until(async () => {
      expect(await world.queue.lease("one more", world.programs)).to.be.undefined;
      return (await world.queue.get(id))!.state === "failed" || undefined;
    }, "the job to be given up");
    expect((await world.queue.get(id))!.error!.code).to.equal("WORKER_LOST");
  });
});
