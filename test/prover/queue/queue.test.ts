import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { PostgresConnection } from "bullmq";
import { connectBull, POOL_SIZE } from "../../../prover/queue/bull-connection.ts";
import { MAX_FAILURES, type JobRequest } from "../../../prover/queue/job.ts";
import { openQueue } from "../../../prover/queue/open-queue.ts";
import type { Verdict } from "../../../prover/queue/queue.ts";
import { expectCode } from "../../support/errors.ts";
import { describeQueues, HONEST, LEASE, resultOf } from "../../support/prover/queue-world.ts";
import { until } from "../../support/until.ts";

describeQueues("job queue", (world) => {
  it("keeps one job of the same request", async () => {
    const wanted = world.request();
    const job = await world.queue.submit(wanted);
    expect(job).to.deep.include({ ...wanted, state: "queued", attempts: 0 });
    expect((await world.queue.submit(wanted)).submittedAt).to.equal(job.submittedAt);
    expect((await world.take("a")).job.id).to.equal(wanted.id);
    expect((await world.queue.submit(wanted)).state).to.equal("proving");
    expect(await world.queue.lease("b", world.programs)).to.be.undefined;
    expect(await world.queue.get("none")).to.be.undefined;
  });

  it("hands out the oldest first, across programs, and only what a worker can prove", async () => {
    const [third, first, second] = [world.request(30), world.request(10, world.programs[1]), world.request(20)];
    for (const each of [third, first, second]) await world.queue.submit(each);
    expect((await world.queue.load())[world.programs[0]]).to.deep.equal({ queued: 2, proving: 0 });
    expect((await world.take("a", [world.programs[0]])).job.id).to.equal(second.id);
    expect((await world.take("b")).job.id).to.equal(first.id);
    expect((await world.take("b")).job.id).to.equal(third.id);
    expect((await world.queue.load())[world.programs[0]]).to.deep.equal({ queued: 0, proving: 2 });
  });

  it("hands out the oldest first whatever the ages are, and of one age the first submitted", async () => {
    await world.reopen({ leaseMs: 600_000 });
    // Unix seconds of many years, two on either side of each multiple of 2^21: what BullMQ's priorities can tell apart.
    const turns = [1, 2, 811, 812, 2 ** 18].map((turn) => turn * 2 ** 21);
    const ages = [0, 1, 2 ** 40 - 1, ...turns.flatMap((turn) => [turn - 2, turn - 1, turn, turn + 1])];
    // Halving what is left between two, until nothing is.
    const between = Array.from({ length: 24 }, (_, n) => 1_700_000_000 + 2 ** (24 - n));
    const orders = [...ages, ...between, ...ages.slice(0, 4)];
    const shuffled = orders.map((order, n) => ({ order, key: (n * 37) % orders.length }));
    shuffled.sort((a, b) => a.key - b.key);
    const submitted: JobRequest[] = [];
    for (const { order } of [...between.map((order) => ({ order: order + 1 })), ...shuffled]) {
      submitted.push(world.request(order));
      await world.queue.submit(submitted.at(-1)!);
    }
    const taken: string[] = [];
    while (taken.length < submitted.length) taken.push((await world.take("a")).job.id);
    const expected = submitted.toSorted((a, b) => a.order - b.order);
    expect(taken).to.deep.equal(expected.map(({ id }) => id));
  });

  it("hands out the oldest first that came back, however many were submitted meanwhile", async () => {
    // Not longer: for so long after a judge, no other looks for results that a judge has left lying.
    await world.reopen({ leaseMs: 20 * LEASE });
    await world.queue.judge(HONEST);
    const oldest = await world.queue.submit(world.request(1));
    const lease = await world.take("a");
    // Halving what is left between two, until nothing is.
    for (let n = 0; n < 12; n++) await world.queue.submit(world.request(2 + 2 ** (12 - n)));
    await lease.fail({ code: "WITNESS_FAILED", message: "no" });
    await world.stateOf(oldest.id, "queued");
    expect((await world.take("b")).job.id).to.equal(oldest.id);
  });

  it("keeps to the ages' order after its coordinator was started again", async () => {
    const [late, early, middle] = [
      world.request(1_800_000_000),
      world.request(1_700_000_000),
      world.request(1_750_000_000),
    ];
    for (const each of [late, early]) await world.queue.submit(each);
    await world.reopen({ leaseMs: 600_000 });
    await world.queue.submit(middle);
    for (const { id } of [early, middle, late]) expect((await world.take("a")).job.id).to.equal(id);
  });

  it("shows how far a worker is", async () => {
    const { id } = await world.queue.submit(world.request());
    const lease = await world.take("a");
    expect(await lease.beat({ phase: "proving", fraction: 0.25 })).to.be.true;
    expect(await world.queue.get(id)).to.deep.include({
      state: "proving",
      progress: { phase: "proving", fraction: 0.25 },
    });
  });

  it("accepts what the judge takes, and only that", async () => {
    const verdicts: Verdict[] = [];
    await world.queue.judge({
      ...HONEST,
      settled: (verdict) => verdicts.push(verdict),
    });
    const { id } = await world.queue.submit(world.request());
    await (await world.take("liar")).offer(resultOf("liar", "false"));
    expect(await until(async () => verdicts[0], "a verdict")).to.equal("wrong");
    // To another worker: the one that was wrong does not get it.
    await world.stateOf(id, "queued");
    expect(await world.queue.lease("liar", world.programs)).to.be.undefined;
    await (await world.take("b")).offer(resultOf("b"));
    const job = await world.stateOf(id, "proven");
    expect(job.result).to.deep.equal(resultOf("b"));
    expect(job.attempts).to.be.at.least(2);
    expect((await world.queue.submit(job)).result).to.deep.equal(job.result);
    expect(await world.queue.lease("c", world.programs)).to.be.undefined;
  });

  it("does a job again whose proof was refused elsewhere, by another worker first", async () => {
    await world.queue.judge(HONEST);
    const wanted = world.request();
    await world.queue.submit(wanted);
    await (await world.take("a")).offer(resultOf("a"));
    const { result } = await world.stateOf(wanted.id, "proven");
    const other = { ...result!.proof, pi_c: ["5", "6", "1"] as const };
    expect(await world.queue.submit(wanted, other)).to.include({ state: "proven" });
    // BullMQ's worker lets go of a job a moment after its result was accepted.
    const again = await until(async () => {
      const job = await world.queue.submit(wanted, result!.proof);
      return job.state === "queued" ? job : undefined;
    }, "the job to be done again");
    expect(again).to.not.have.property("result");
    expect(await world.queue.lease("a", world.programs)).to.be.undefined;
    await (await world.take("b")).offer(resultOf("b"));
    expect((await world.stateOf(wanted.id, "proven")).result!.worker).to.equal("b");
  });

  it("decides on several results side by side", async () => {
    let verifying = 0;
    let goOn: () => void;
    const isBoth = new Promise<void>((done) => (goOn = done));
    await world.queue.judge({
      ...HONEST,
      async verify() {
        if (++verifying === 2) goOn();
        await isBoth;
        return true;
      },
    });
    const jobs = [await world.queue.submit(world.request()), await world.queue.submit(world.request())];
    for (const worker of ["a", "b"]) await (await world.take(worker)).offer(resultOf(worker));
    for (const { id } of jobs) await world.stateOf(id, "proven");
  });

  it("takes a job from a worker that falls silent, whose result is then too late", async () => {
    const verdicts: [Verdict, string][] = [];
    await world.queue.judge({
      ...HONEST,
      settled: (verdict, _, { worker }) => verdicts.push([verdict, worker]),
    });
    const { id } = await world.queue.submit(world.request());
    const silent = await world.take("silent");
    const lively = await world.take("lively");
    expect(lively.job).to.include({ id, attempts: 2 });
    expect(await silent.beat({ phase: "proving", fraction: 0.5 })).to.be.false;
    await silent.offer(resultOf("silent"));
    await until(async () => {
      expect(await lively.beat({ phase: "proving", fraction: 0.5 })).to.be.true;
      return verdicts[0];
    }, "a verdict");
    expect(verdicts).to.deep.equal([["late", "silent"]]);
    await lively.offer(resultOf("lively"));
    expect((await world.stateOf(id, "proven")).result!.worker).to.equal("lively");
  });

  it("takes the result of a worker that was silent for too long, as long as nobody else has the job", async () => {
    const verdicts: Verdict[] = [];
    await world.queue.judge({ ...HONEST, settled: (verdict) => verdicts.push(verdict) });
    const { id } = await world.queue.submit(world.request());
    const silent = await world.take("silent");
    await until(async () => {
      // Whoever looks for any job finds out who is silent.
      await world.queue.lease("other", [world.programs[1]]);
      return (await world.queue.get(id))!.state === "queued" || undefined;
    }, "the job to wait again");
    await silent.offer(resultOf("silent"));
    expect((await world.stateOf(id, "proven")).result!.worker).to.equal("silent");
    expect(verdicts).to.deep.equal(["accepted"]);
    expect(await world.queue.lease("late", world.programs)).to.be.undefined;
  });

  it("leaves a job to a worker that reports", async () => {
    // Longer, since the pauses between reports are longer too where a machine is busy.
    await world.reopen({ leaseMs: 3 * LEASE });
    await world.queue.submit(world.request());
    const lease = await world.take("a");
    for (let beats = 0; beats < 5; beats++) {
      await sleep(LEASE);
      expect(await lease.beat({ phase: "proving", fraction: beats / 8 })).to.be.true;
      expect(await world.queue.lease("b", world.programs)).to.be.undefined;
    }
  });

  it("gives up after several workers failed, until it is asked for again", async () => {
    await world.queue.judge(HONEST);
    const wanted = await world.queue.submit(world.request());
    for (let failures = 1; failures <= MAX_FAILURES; failures++) {
      const lease = await world.take(`worker ${failures}`);
      expect(lease.job).to.include({ id: wanted.id, attempts: failures });
      await lease.fail({ code: "WITNESS_FAILED", message: `failure ${failures}` });
    }
    const failed = await world.stateOf(wanted.id, "failed");
    expect(failed.error).to.deep.equal({ code: "WITNESS_FAILED", message: `failure ${MAX_FAILURES}` });
    expect(await world.queue.submit(wanted)).to.include({ state: "queued" });
    expect((await world.take("worker 1")).job.id).to.equal(wanted.id);
  });

  it("forgets what is cancelled, and lets it be asked for again", async () => {
    const [waiting, taken] = [await world.queue.submit(world.request(10)), await world.queue.submit(world.request(5))];
    const lease = await world.take("a");
    expect(await world.queue.cancel(taken.id)).to.include({ id: taken.id, state: "cancelled" });
    expect(await lease.beat({ phase: "proving", fraction: 0.5 })).to.be.false;
    await world.queue.cancel(waiting.id);
    expect(await world.queue.lease("b", world.programs)).to.be.undefined;
    expect((await world.queue.get(waiting.id))!.state).to.equal("cancelled");
    expect(await world.queue.submit(waiting)).to.include({ state: "queued" });
    expect((await world.take("c")).job.id).to.equal(waiting.id);
    expect(await world.queue.cancel("none")).to.be.undefined;
  });

  it("gets a job back from a worker that cannot do it after all", async () => {
    const { id } = await world.queue.submit(world.request());
    await (await world.take("a")).release();
    expect((await world.take("b")).job.id).to.equal(id);
  });

  it("forgets nothing when its server and all its clients are started again", async () => {
    await world.queue.publish({ coordinator: "http://127.0.0.1:1/", leaseMs: LEASE, programs: [] });
    const [first, second] = [await world.queue.submit(world.request(10)), await world.queue.submit(world.request(20))];
    const lease = await world.take("a");
    await lease.offer(resultOf("a"));
    await world.server.stop();
    await world.server.start();
    await world.reopen();
    expect((await world.queue.catalogue())!.coordinator).to.equal("http://127.0.0.1:1/");
    expect((await world.queue.get(second.id))!.state).to.equal("queued");
    await world.queue.judge(HONEST);
    expect((await world.stateOf(first.id, "proven")).result!.worker).to.equal("a");
  });

  if (world.name !== "SQLite") {
    it("decides on a result however many judges died over it", async () => {
      const { id } = await world.queue.submit(world.request());
      await (await world.take("a")).offer(resultOf("a"));
      // It takes the result, and lets it lie.
      const options = { autorun: false, lockDuration: 300, stalledInterval: 100, maxStalledCount: 100 };
      const dying = connectBull(world.server.url).worker("offers", null, options);
      try {
        await dying.startStalledCheckTimer();
        for (let deaths = 0; deaths < 3; deaths++) {
          await until(() => dying.getNextJob(`judge ${deaths}`, { block: false }), "the result");
        }
      } finally {
        await dying.close(true);
      }
      await world.queue.judge(HONEST);
      expect((await world.stateOf(id, "proven")).result!.worker).to.equal("a");
    });
  }

  if (world.name === "PostgreSQL") {
    it("has few connections to the server, however many programs there are", async () => {
      const watcher = new PostgresConnection(world.server.url);
      const count = async (): Promise<number> => {
        const sql = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'counted'";
        return (await watcher.pool.query<{ count: number }>(sql)).rows[0]!.count;
      };
      const programs = Array.from({ length: 10 }, (_, n) => `size-${n}`);
      const worker = await openQueue(`${world.server.url}?application_name=counted`);
      try {
        await Promise.all(["a", "b", "c"].map((name) => worker.lease(name, programs)));
        expect(await count()).to.be.within(1, POOL_SIZE);
      } finally {
        await worker.close();
        await watcher.close();
      }
    });
  }

  it("goes on by itself when its server comes back", async () => {
    await world.queue.judge(HONEST);
    const { id } = await world.queue.submit(world.request());
    const lease = await world.take("a");
    await world.server.stop();
    await world.server.start();
    // The server may have been away for longer than the lease: then the worker's result comes first, or the news that it
    // was silent. Either must do.
    await until(() => lease.offer(resultOf("a")).then(() => true), "the offer");
    expect((await world.stateOf(id, "proven")).result!.worker).to.equal("a");
  });
});

describe("job queue", () => {
  it("tells a URL that is none, and a server that is not there", async () => {
    for (const url of ["", "queue.db", "amqp://127.0.0.1"]) await expectCode("QUEUE_URL_INVALID", () => openQueue(url));
    await expectCode("QUEUE_UNREACHABLE", () => openQueue(`sqlite:${import.meta.filename}/queue.db`));
    await expectCode("QUEUE_UNREACHABLE", () => openQueue("postgres://127.0.0.1:1/none"));
  });
});
