import { execFile } from "node:child_process";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "chai";
import { verifyProof } from "../../../prover/backends/snarkjs.ts";
import { MAX_FAILURES } from "../../../prover/queue/job.ts";
import type { JobView, ProofView, ProverClient } from "../../../prover/service/client.ts";
import { expectCode } from "../../support/errors.ts";
import { LEASE_MS, ServiceHarness } from "../../support/prover/prover-service.ts";
import { postgresServer, redisServer, type QueueServer } from "../../support/prover/queue-servers.ts";
import { until } from "../../support/until.ts";

const run = promisify(execFile);
const NO_SERVER = { url: "", remove: async (): Promise<void> => undefined };

const SERVERS: Readonly<Record<string, () => Promise<QueueServer | undefined>>> = {
  Redis: redisServer,
  PostgreSQL: postgresServer,
};

describe("prover service when things go wrong", function () {
  // Processes are started and leases run out.
  this.timeout(300_000);
  let harness: ServiceHarness;
  let client: ProverClient;
  before(async () => (harness = await ServiceHarness.create()));
  afterEach(async () => {
    await harness.stop();
    await rm(join(harness.folder, "data"), { recursive: true, force: true });
  });
  after(() => harness.remove());

  const expectRight = async (proof: ProofView): Promise<void> => {
    expect(await verifyProof(harness.program.verificationKey, proof)).to.be.true;
    expect(proof.publicSignals).to.deep.equal(harness.made.publicSignals);
  };
  const takenBy = (id: string): Promise<unknown> =>
    until(async () => ((await client.job(id)).state === "proving" ? true : undefined), "a worker to take the job");

  it("has a job done by another worker when the one that has it is killed", async () => {
    client = await harness.start();
    const victim = harness.spawn("hung");
    const { id } = await client.submit(harness.submission());
    await takenBy(id);
    victim.kill("SIGKILL");
    const killedAt = Date.now();
    harness.join("honest", { name: "survivor" });
    const proof = await client.wait(id);
    await expectRight(proof);
    expect(proof.worker).to.equal("survivor");
    const { startedAt } = await client.job(id);
    // Within a lease, however slow this machine is at proving.
    expect(startedAt! - killedAt).to.be.below(10 * LEASE_MS);
  });

  it("ends a worker that never answers, and has another do its job", async () => {
    client = await harness.start();
    const hung = harness.spawn("hung", { deadlineMs: 3 * LEASE_MS });
    const exited = new Promise((done) => hung.once("exit", done));
    const { id } = await client.submit(harness.submission());
    await takenBy(id);
    harness.join("honest", { name: "other" });
    // It reports all the while, so the job stays its own until its deadline.
    expect(await exited).to.not.equal(0);
    const proof = await client.wait(id);
    await expectRight(proof);
    expect(proof.worker).to.equal("other");
  });

  it("accepts no false proof, counts it, and has another worker do the job", async () => {
    client = await harness.start();
    const { proof, timings } = harness.made;
    const publicSignals = ["5", "6", "7", "0"];
    const lies = {
      // Points of the curve that satisfy nothing.
      forged: { proof: { ...proof, pi_a: proof.pi_c }, publicSignals, timings },
      garbage: { proof: { nothing: "here" }, publicSignals, timings },
    };
    for (const [name, lie] of Object.entries(lies)) {
      const path = join(harness.folder, `${name}.json`);
      await writeFile(path, JSON.stringify(lie));
      harness.join("stub", { name, proof: path });
    }
    // Of another input: what it leads to is in no proof that the liars have.
    const other = { ...harness.submission(), inputs: { alpha: "7", z: "0", x: ["17", "19"] }, publicSignals };
    const { id } = await client.submit(other);
    // A right proof, of something else than was asked for: a worker of ours would not hand it in.
    const { queue } = harness.service.coordinator;
    await client.announce({ name: "other", programs: [harness.program.id], backend: "snarkjs" });
    const lease = await until(() => queue.lease("other", [harness.program.id]), "a job for the third liar");
    await lease.offer({ ...harness.made, worker: "other", backend: "snarkjs" });
    await until(async () => {
      const { registry } = harness.service.coordinator.metrics;
      return /results_total\{[^}]*verdict="wrong"\} 3/.test(await registry.metrics()) || undefined;
    }, "three lies");
    const job = await client.job(id);
    expect(job.state).to.equal("queued");
    const workers = await client.workers();
    expect(workers.map(({ name, wrong, accepted }) => [name, wrong, accepted])).to.have.deep.members([
      ["forged", 1, 0],
      ["other", 1, 0],
      ["garbage", 1, 0],
    ]);
  });

  it("accepts no right proof that says nothing of how it was made", async () => {
    client = await harness.start();
    const { id } = await client.submit(harness.submission());
    const { queue } = harness.service.coordinator;
    const lease = await until(() => queue.lease("vague", [harness.program.id]), "the job");
    await lease.offer({ ...harness.made, timings: { prove: "soon" } as never, worker: "vague", backend: "snarkjs" });
    harness.join("honest", { name: "honest" });
    expect((await client.wait(id)).worker).to.equal("honest");
  });

  it("gives a job that a liar had to an honest worker", async () => {
    client = await harness.start();
    const { proof, publicSignals, timings } = harness.made;
    const path = join(harness.folder, "forged.json");
    await writeFile(path, JSON.stringify({ proof: { ...proof, pi_c: proof.pi_a }, publicSignals, timings }));
    harness.join("stub", { name: "liar", proof: path });
    const { id } = await client.submit(harness.submission());
    await until(async () => (await client.workers()).some(({ wrong }) => wrong === 1) || undefined, "the lie");
    harness.join("honest", { name: "honest" });
    const made = await client.wait(id);
    await expectRight(made);
    expect(made.worker).to.equal("honest");
  });

  for (const [name, serve] of Object.entries({ SQLite: async () => NO_SERVER, ...SERVERS })) {
    it(`loses nothing when the coordinator on ${name} is killed while workers prove`, async function () {
      const server = await serve();
      if (server === undefined) return skip(this, name);
      try {
        const options = server.url === "" ? {} : { queue: server.url };
        const first = await harness.spawnService(options);
        client = first.client;
        const jobs: JobView[] = [];
        for (let salt = 0; salt < 5; salt++) jobs.push(await client.submit(harness.submission(salt)));
        harness.spawn("stub", { queue: first.queue, milliseconds: 1000, name: "stub" });
        await until(async () => (await client.job(jobs[0]!.id)).state === "proven" || undefined, "the first proof");
        const isProving = async () => (await client.jobs()).some(({ state }) => state === "proving") || undefined;
        await until(isProving, "the worker to take another job");
        first.child.kill("SIGKILL");
        // The proof that is being made comes when nobody is there.
        await sleep(LEASE_MS);
        const { port } = new URL(first.url);
        await harness.spawnService({ ...options, port: Number(port) });
        const startedAt = Date.now();
        for (const { id } of jobs) await expectRight(await client.wait(id));
        const finished = await client.jobs();
        expect(finished.map(({ state }) => state)).to.deep.equal(Array(5).fill("proven"));
        // Within the leases that may have to run out, however slow this machine is.
        const late = Math.max(...finished.map(({ finishedAt }) => finishedAt!)) - startedAt;
        expect(late).to.be.below(40 * LEASE_MS);
      } finally {
        await harness.stop();
        await server.remove();
      }
    });
  }

  for (const [name, serve] of Object.entries(SERVERS)) {
    it(`loses nothing when ${name} is restarted, workers are killed and requests come twice`, async function () {
      const server = await serve();
      if (server === undefined) return skip(this, name);
      try {
        client = await harness.start({ queue: server.url });
        const submit = (salt: number) => until(() => client.submit(harness.submission(salt)), "a job to be taken in");
        const jobs: JobView[] = [];
        for (let salt = 0; salt < 8; salt++) jobs.push(await submit(salt));
        const victim = harness.spawn("stub", { milliseconds: 300, name: "victim" });
        harness.spawn("stub", { milliseconds: 300, name: "survivor" });
        await until(async () => (await client.job(jobs[2]!.id)).state === "proven" || undefined, "the third proof");
        victim.kill("SIGKILL");
        await server.stop();
        await server.start();
        for (let salt = 0; salt < 8; salt++) expect((await submit(salt)).id).to.equal(jobs[salt]!.id);
        for (const { id } of jobs) await expectRight(await client.wait(id));
        const real = await submit(99);
        await client.cancel(real.id);
        expect((await client.job(real.id)).state).to.equal("cancelled");
      } finally {
        await harness.stop();
        await server.remove();
      }
    });
  }

  it("says that its disk is full, and takes jobs again when it is not", async () => {
    const { child, client } = await harness.spawnService({ queue: "sqlite::memory:" }, { fileBytes: 16 * 1024 });
    const submit = (): Promise<JobView> => client.submit({ ...harness.submission(), inputs: { x: long } });
    const long = Array.from({ length: 5000 }, () => "12345");
    await expectCode("FILE_UNWRITABLE", submit);
    expect(await readdir(join(harness.folder, "data", "inputs"))).to.deep.equal([]);
    await run("prlimit", ["--pid", `${child.pid}`, "--fsize=unlimited"]);
    expect((await submit()).state).to.equal("queued");
    expect(await readdir(join(harness.folder, "data", "inputs"))).to.have.length(1);
  });

  it("has a job done by a worker with space left, not by one without", async () => {
    client = await harness.start();
    const { zkey } = harness.program.files;
    const cache = join(harness.folder, "full");
    const limits = { fileBytes: 1024 * Math.floor(zkey.bytes / 2048) };
    const full = harness.spawn("honest", { name: "full", cache }, limits);
    let log = "";
    full.stderr!.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    const { id } = await client.submit(harness.submission());
    await until(() => log.includes('"code":"FILE_UNWRITABLE"') || undefined, "the full worker to say so");
    harness.join("honest", { name: "roomy" });
    const proof = await client.wait(id);
    await expectRight(proof);
    expect(proof.worker).to.equal("roomy");
    expect((await client.workers()).map(({ name }) => name)).to.deep.equal(["roomy"]);
    expect(await readdir(cache)).to.not.include(zkey.sha256);
  });

  it("proves with no file that is not what its name says", async () => {
    const { paths } = harness.program;
    const other = join(harness.folder, "other.zkey");
    await writeFile(other, "not the key");
    client = await harness.start({ programs: [{ ...harness.program, paths: { ...paths, zkey: other } }] });
    const cache = join(harness.folder, "deceived");
    harness.join("honest", { name: "deceived", cache });
    const { id } = await client.submit(harness.submission());
    // The witness generator comes first, and is right.
    const kept = async () => (await readdir(cache)).filter((name) => !name.startsWith("."));
    await until(async () => ((await kept()).length === 1 ? true : undefined), "the first file");
    await sleep(2 * LEASE_MS);
    expect(await kept()).to.deep.equal([harness.program.files.wasm.sha256]);
    expect((await client.job(id)).attempts).to.equal(0);
    expect(await client.workers()).to.deep.equal([]);
  });

  it("keeps an input as long as any job needs it", async () => {
    client = await harness.start();
    const wanted = await client.submit(harness.submission());
    // The same input, of which something else is claimed.
    const mistaken = await client.submit({ ...harness.submission(), publicSignals: ["5", "6", "7", "0"] });
    await client.cancel(mistaken.id);
    const folder = join(harness.folder, "data", "inputs");
    expect(await readdir(folder)).to.have.length(1);
    harness.join("honest");
    await expectRight(await client.wait(wanted.id));
    await until(async () => ((await readdir(folder)).length === 0 ? true : undefined), "the input to be deleted");
  });

  it("fails a job whose input has other public signals than were asked for", async () => {
    client = await harness.start();
    const { id } = await client.submit({ ...harness.submission(), publicSignals: ["5", "6", "7", "0"] });
    for (let n = 1; n <= MAX_FAILURES; n++) harness.join("honest", { name: `worker ${n}` });
    await expectCode("JOB_FAILED", () => client.wait(id));
    const { error, attempts } = await client.job(id);
    expect(error!.code).to.equal("PROOF_INVALID");
    expect(attempts).to.equal(MAX_FAILURES);
  });
});

function skip(test: Mocha.Context, server: string): void {
  if (process.env["CI"] === "true") throw new Error(`${server} is not installed`);
  console.log(`    SKIPPED: ${server} is not installed`);
  test.skip();
}
