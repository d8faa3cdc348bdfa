import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { connectBull } from "../../prover/queue/bull-connection.ts";
import { MAX_FAILURES, type Job, type JobRequest, type ProofResult } from "../../prover/queue/job.ts";
import { openQueue, type JobQueue, type Lease, type Verdict } from "../../prover/queue/queue.ts";
import { expectCode } from "../support/errors.ts";
import { postgresServer, redisServer, type QueueServer } from "../support/queue-servers.ts";
import { until } from "../support/until.ts";

/** Short, so that a silent worker is noticed soon. */
const LEASE = 1000;

/** A place for a queue; SQLite's server is its file. */
const SERVERS: Readonly<Record<string, () => Promise<QueueServer | undefined>>> = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    const idle = async (): Promise<void> => undefined;
    const remove = (): Promise<void> => rm(folder, { recursive: true });
    return { url: `sqlite:${join(folder, "jobs", "queue.db")}`, start: idle, stop: idle, remove };
  },
  Redis: redisServer,
  PostgreSQL: postgresServer,
};

const unwatched = { settled: () => undefined, failed: () => undefined };

for (const [name, serve] of Object.entries(SERVERS)) {
  describe(`job queue on ${name}`, () => {
    let server: QueueServer;
    let queue: JobQueue;
    let serial = 0;
    // Of each test its own: what another has left behind is not in the way.
    let programs: readonly [string, string];
    const open = (leaseMs = LEASE): Promise<JobQueue> => openQueue(server.url, { programs, leaseMs });
    /** For tests that keep what they have taken. */
    const reopen = async (): Promise<void> => {
      await queue.close();
      queue = await open(600_000);
    };

    before(async function () {
      const started = await serve();
      if (started === undefined) {
        if (process.env["CI"] === "true") throw new Error(`${name} is not installed`);
        console.log(`    SKIPPED: ${name} is not installed`);
        return this.skip();
      }
      server = started;
    });
    beforeEach(async () => {
      programs = [`small-${++serial}`, `large-${serial}`];
      queue = await open();
    });
    afterEach(() => queue.close());
    after(() => server?.remove());

    const request = (order = 50, program = programs[0]): JobRequest => ({
      id: `${name}-${String(++serial).padStart(63 - name.length, "0")}`,
      program,
      order,
      input: { kind: "inputs", hash: `${serial}`.padStart(64, "f") },
      publicSignals: ["3", "5"],
    });
    const take = (worker: string, allowed: readonly string[] = programs): Promise<Lease> =>
      until(() => queue.lease(worker, allowed), `a job for ${worker}`);
    const stateOf = (id: string, state: Job["state"]): Promise<Job> =>
      until(async () => {
        const job = await queue.get(id);
        return job?.state === state ? job : undefined;
      }, `${id} to be ${state}`);

    it("keeps one job of the same request", async () => {
      const wanted = request();
      const job = await queue.submit(wanted);
      expect(job).to.deep.include({ ...wanted, state: "queued", attempts: 0 });
      expect((await queue.submit(wanted)).submittedAt).to.equal(job.submittedAt);
      expect((await take("a")).job.id).to.equal(wanted.id);
      expect((await queue.submit(wanted)).state).to.equal("proving");
      expect(await queue.lease("b", programs)).to.be.undefined;
      expect(await queue.get("none")).to.be.undefined;
    });

    it("hands out the oldest first, across programs, and only what a worker can prove", async () => {
      const [third, first, second] = [request(30), request(10, programs[1]), request(20)];
      for (const each of [third, first, second]) await queue.submit(each);
      expect((await queue.load())[programs[0]]).to.deep.equal({ queued: 2, proving: 0 });
      expect((await take("a", [programs[0]])).job.id).to.equal(second.id);
      expect((await take("b")).job.id).to.equal(first.id);
      expect((await take("b")).job.id).to.equal(third.id);
      expect((await queue.load())[programs[0]]).to.deep.equal({ queued: 0, proving: 2 });
    });

    it("hands out the oldest first whatever the ages are, and of one age the first submitted", async () => {
      await reopen();
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
        submitted.push(request(order));
        await queue.submit(submitted.at(-1)!);
      }
      const taken: string[] = [];
      while (taken.length < submitted.length) taken.push((await take("a")).job.id);
      const expected = submitted.toSorted((a, b) => a.order - b.order);
      expect(taken).to.deep.equal(expected.map(({ id }) => id));
    });

    it("keeps to the ages' order after its coordinator was started again", async () => {
      const [late, early, middle] = [request(1_800_000_000), request(1_700_000_000), request(1_750_000_000)];
      for (const each of [late, early]) await queue.submit(each);
      await reopen();
      await queue.submit(middle);
      for (const { id } of [early, middle, late]) expect((await take("a")).job.id).to.equal(id);
    });

    it("shows how far a worker is", async () => {
      const { id } = await queue.submit(request());
      const lease = await take("a");
      expect(await lease.beat({ phase: "proving", fraction: 0.25 })).to.be.true;
      expect(await queue.get(id)).to.deep.include({ state: "proving", progress: { phase: "proving", fraction: 0.25 } });
    });

    it("accepts what the judge takes, and only that", async () => {
      const verdicts: Verdict[] = [];
      await queue.judge({
        verify: async (_, result) => result.backend === "honest",
        ...unwatched,
        settled: (verdict) => verdicts.push(verdict),
      });
      const { id } = await queue.submit(request());
      await (await take("liar")).offer(resultOf("liar", "false"));
      expect(await until(async () => verdicts[0], "a verdict")).to.equal("wrong");
      // To another worker: the one that was wrong does not get it.
      await stateOf(id, "queued");
      expect(await queue.lease("liar", programs)).to.be.undefined;
      await (await take("b")).offer(resultOf("b", "honest"));
      const job = await stateOf(id, "proven");
      expect(job.result).to.deep.equal(resultOf("b", "honest"));
      expect(job.attempts).to.be.at.least(2);
      expect((await queue.submit(job)).result).to.deep.equal(job.result);
      expect(await queue.lease("c", programs)).to.be.undefined;
    });

    it("decides on several results side by side", async () => {
      let verifying = 0;
      let goOn: () => void;
      const isBoth = new Promise<void>((done) => (goOn = done));
      await queue.judge({
        ...unwatched,
        async verify() {
          if (++verifying === 2) goOn();
          await isBoth;
          return true;
        },
      });
      const jobs = [await queue.submit(request()), await queue.submit(request())];
      for (const worker of ["a", "b"]) await (await take(worker)).offer(resultOf(worker, "honest"));
      for (const { id } of jobs) await stateOf(id, "proven");
    });

    it("takes a job from a worker that falls silent, whose result is then too late", async () => {
      const verdicts: [Verdict, string][] = [];
      await queue.judge({
        verify: async () => true,
        ...unwatched,
        settled: (verdict, _, { worker }) => verdicts.push([verdict, worker]),
      });
      const { id } = await queue.submit(request());
      const silent = await take("silent");
      const lively = await take("lively");
      expect(lively.job).to.include({ id, attempts: 2 });
      expect(await silent.beat({ phase: "proving", fraction: 0.5 })).to.be.false;
      await silent.offer(resultOf("silent", "honest"));
      await until(async () => verdicts[0], "a verdict");
      expect(verdicts).to.deep.equal([["late", "silent"]]);
      expect(await lively.beat({ phase: "proving", fraction: 0.5 })).to.be.true;
      await lively.offer(resultOf("lively", "honest"));
      expect((await stateOf(id, "proven")).result!.worker).to.equal("lively");
    });

    it("leaves a job to a worker that reports", async () => {
      await queue.submit(request());
      const lease = await take("a");
      for (let beats = 0; beats < 8; beats++) {
        await sleep(LEASE / 3);
        expect(await lease.beat({ phase: "proving", fraction: beats / 8 })).to.be.true;
        expect(await queue.lease("b", programs)).to.be.undefined;
      }
    });

    it("gives up after several workers failed, until it is asked for again", async () => {
      await queue.judge({ verify: async () => false, ...unwatched });
      const wanted = await queue.submit(request());
      for (let failures = 1; failures <= MAX_FAILURES; failures++) {
        const lease = await take(`worker ${failures}`);
        expect(lease.job).to.include({ id: wanted.id, attempts: failures });
        await lease.fail({ code: "WITNESS_FAILED", message: `failure ${failures}` });
      }
      const failed = await stateOf(wanted.id, "failed");
      expect(failed.error).to.deep.equal({ code: "WITNESS_FAILED", message: `failure ${MAX_FAILURES}` });
      expect(await queue.submit(wanted)).to.include({ state: "queued" });
      expect((await take("worker 1")).job.id).to.equal(wanted.id);
    });

    it("forgets what is cancelled, and lets it be asked for again", async () => {
      const [waiting, taken] = [await queue.submit(request(10)), await queue.submit(request(5))];
      const lease = await take("a");
      expect(await queue.cancel(taken.id)).to.include({ id: taken.id, state: "cancelled" });
      expect(await lease.beat({ phase: "proving", fraction: 0.5 })).to.be.false;
      await queue.cancel(waiting.id);
      expect(await queue.lease("b", programs)).to.be.undefined;
      expect((await queue.get(waiting.id))!.state).to.equal("cancelled");
      expect(await queue.submit(waiting)).to.include({ state: "queued" });
      expect((await take("c")).job.id).to.equal(waiting.id);
      expect(await queue.cancel("none")).to.be.undefined;
    });

    it("gets a job back from a worker that cannot do it after all", async () => {
      const { id } = await queue.submit(request());
      await (await take("a")).release();
      expect((await take("b")).job.id).to.equal(id);
    });

    it("forgets nothing when its server and all its clients are started again", async () => {
      await queue.publish({ coordinator: "http://127.0.0.1:1/", leaseMs: LEASE, programs: [] });
      const [first, second] = [await queue.submit(request(10)), await queue.submit(request(20))];
      const lease = await take("a");
      await lease.offer(resultOf("a", "honest"));
      await server.stop();
      await server.start();
      await queue.close();
      queue = await open();
      expect((await queue.catalogue())!.coordinator).to.equal("http://127.0.0.1:1/");
      expect((await queue.get(second.id))!.state).to.equal("queued");
      await queue.judge({ verify: async () => true, ...unwatched });
      expect((await stateOf(first.id, "proven")).result!.worker).to.equal("a");
    });

    if (name !== "SQLite") {
      it("decides on a result however many judges died over it", async () => {
        const { id } = await queue.submit(request());
        await (await take("a")).offer(resultOf("a", "honest"));
        // It takes the result, and lets it lie.
        const options = { autorun: false, lockDuration: 300, stalledInterval: 100, maxStalledCount: 100 };
        const dying = connectBull(server.url).worker("offers", null, options);
        try {
          await dying.startStalledCheckTimer();
          for (let deaths = 0; deaths < 3; deaths++) {
            await until(() => dying.getNextJob(`judge ${deaths}`, { block: false }), "the result");
          }
        } finally {
          await dying.close(true);
        }
        await queue.judge({ verify: async () => true, ...unwatched });
        expect((await stateOf(id, "proven")).result!.worker).to.equal("a");
      });
    }

    it("goes on by itself when its server comes back", async () => {
      await queue.judge({ verify: async () => true, ...unwatched });
      const { id } = await queue.submit(request());
      const lease = await take("a");
      await server.stop();
      await server.start();
      await until(() => lease.offer(resultOf("a", "honest")).then(() => true), "the offer");
      expect((await stateOf(id, "proven")).result!.worker).to.equal("a");
    });
  });
}

describe("job queue", () => {
  it("tells a URL that is none, and a server that is not there", async () => {
    for (const url of ["", "queue.db", "amqp://127.0.0.1"]) await expectCode("QUEUE_URL_INVALID", () => openQueue(url));
    await expectCode("QUEUE_UNREACHABLE", () => openQueue(`sqlite:${import.meta.filename}/queue.db`));
    await expectCode("QUEUE_UNREACHABLE", () => openQueue("postgres://127.0.0.1:1/none"));
  });
});

function resultOf(worker: string, backend: string): ProofResult {
  const point: [string, string, string] = ["1", "2", "1"];
  const proof = { protocol: "groth16", curve: "bn128", pi_a: point, pi_c: ["4", "5", "1"] } as const;
  const pi_b: [[string, string], [string, string], [string, string]] = [
    ["6", "7"],
    ["8", "9"],
    ["1", "0"],
  ];
  const timings = { witness: 1, prove: 2, verify: 3 };
  return { proof: { ...proof, pi_b } as never, publicSignals: ["3", "5"], timings, worker, backend };
}
