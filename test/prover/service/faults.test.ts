import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import type { JobView, ProofView, ProverClient } from "../../../prover/service/client.ts";
import { verifyProof } from "../../../prover/snarkjs.ts";
import { expectCode } from "../../support/errors.ts";
import { LEASE_MS, ServiceHarness } from "../../support/prover-service.ts";
import { postgresServer, redisServer, type QueueServer } from "../../support/queue-servers.ts";
import { until } from "../../support/until.ts";

const run = promisify(execFile);

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
    const { proof, publicSignals, timings } = harness.made;
    const lies = {
      // Points of the curve that satisfy nothing.
      forged: { proof: { ...proof, pi_a: proof.pi_c }, publicSignals, timings },
      // A right proof, of something else than was asked for.
      other: harness.made,
      garbage: { proof: { nothing: "here" }, publicSignals, timings },
    };
    for (const [name, lie] of Object.entries(lies)) {
      const path = join(harness.folder, `${name}.json`);
      await writeFile(path, JSON.stringify(lie));
      harness.join("stub", { name, proof: path });
    }
    // Of another input: what it leads to is in no proof that the liars have.
    const other = { ...harness.submission(), inputs: { alpha: "7", x: ["17", "19"] }, publicSignals: ["5", "6", "7"] };
    const { id } = await client.submit(other);
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

  it("loses nothing when the coordinator is stopped and started again", async () => {
    client = await harness.start();
    const jobs: JobView[] = [];
    for (let salt = 0; salt < 5; salt++) jobs.push(await client.submit(harness.submission(salt)));
    harness.spawn("stub", { milliseconds: 200, name: "stub" });
    await until(async () => (await client.job(jobs[1]!.id)).state === "proven" || undefined, "the second proof");
    const { port } = new URL(harness.service.url);
    await harness.service.close();
    client = await harness.start({ port: Number(port) });
    for (const { id } of jobs) await expectRight(await client.wait(id));
    expect((await client.jobs()).map(({ state }) => state)).to.deep.equal(Array(5).fill("proven"));
  });

  for (const [name, serve] of Object.entries(SERVERS)) {
    it(`loses nothing when ${name} is restarted, workers are killed and requests come twice`, async function () {
      const server = await serve();
      if (server === undefined) {
        if (process.env["CI"] === "true") throw new Error(`${name} is not installed`);
        console.log(`    SKIPPED: ${name} is not installed`);
        return this.skip();
      }
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

  it("says that the disk is full, and takes jobs again when it is not", async function () {
    const disk = await smallDisk();
    if (disk === undefined) {
      console.log("    SKIPPED: this user may not mount a file system to fill");
      return this.skip();
    }
    try {
      client = await harness.start({ data: disk.folder, queue: "sqlite::memory:" });
      const filler = join(disk.folder, "filler");
      await writeFile(filler, Buffer.alloc(disk.bytes)).catch(() => undefined);
      await expectCode("FILE_UNWRITABLE", () => client.submit(harness.submission()));
      await rm(filler);
      expect((await client.submit(harness.submission())).state).to.equal("queued");
    } finally {
      await harness.stop();
      await disk.remove();
    }
  });

  it("has a job done by a worker with space left, not by one without", async function () {
    const disk = await smallDisk();
    if (disk === undefined) {
      console.log("    SKIPPED: this user may not mount a file system to fill");
      return this.skip();
    }
    try {
      client = await harness.start();
      await writeFile(join(disk.folder, "filler"), Buffer.alloc(disk.bytes)).catch(() => undefined);
      harness.join("honest", { name: "full", cache: disk.folder });
      const { id } = await client.submit(harness.submission());
      await until(async () => (await client.job(id)).state === "queued" || undefined, "the job");
      harness.join("honest", { name: "roomy" });
      const proof = await client.wait(id);
      await expectRight(proof);
      expect(proof.worker).to.equal("roomy");
      expect((await client.workers()).map(({ name }) => name)).to.deep.equal(["roomy"]);
    } finally {
      await harness.stop();
      await disk.remove();
    }
  });
});

/** A file system of 256 KiB; `undefined` where this user may not mount one. */
async function smallDisk() {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-disk-"));
  const bytes = 256 * 1024;
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "none", folder]);
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  const remove = async (): Promise<void> => {
    await run("umount", [folder]);
    await rm(folder, { recursive: true });
  };
  return { folder, bytes, remove };
}
