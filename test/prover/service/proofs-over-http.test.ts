import { expect } from "chai";
import { verifyProof } from "../../../prover/backends/snarkjs.ts";
import type { ProverClient } from "../../../prover/service/client.ts";
import { expectCode } from "../../support/errors.ts";
import { ServiceHarness } from "../../support/prover/prover-service.ts";
import { until } from "../../support/until.ts";

describe("prover service over HTTP, with a worker", () => {
  let harness: ServiceHarness;
  let client: ProverClient;
  before(async () => {
    harness = await ServiceHarness.create();
    client = await harness.start();
    harness.join("honest", { name: "the worker" });
  });
  after(async () => {
    await harness.stop();
    await harness.remove();
  });

  it("proves inputs, tells how far it is, and gives the proof", async () => {
    const job = await client.submit(harness.submission());
    expect(job).to.include({ program: harness.program.id, progress: job.progress });
    await expectCode("JOB_UNFINISHED", () => client.proof(job.id));
    const states: string[] = [];
    for await (const { state, progress } of client.events(job.id)) states.push(`${state} ${progress.phase}`);
    expect(states.at(-1)).to.equal("proven proven");
    const proof = await client.proof(job.id);
    expect(proof).to.include({ worker: "the worker", backend: "snarkjs" });
    expect(proof.publicSignals).to.deep.equal(harness.made.publicSignals);
    expect(await verifyProof(harness.program.verificationKey, proof)).to.be.true;
    expect((await client.jobs()).map(({ id }) => id)).to.include(job.id);
  });

  it("gives one job, and one proof, for the same request", async () => {
    const first = await client.submit(harness.submission());
    const proof = await client.wait(first.id);
    // The order of names in JSON says nothing.
    const { alpha, z, x } = harness.submission().inputs as Record<string, string>;
    const again = await client.submit({ ...harness.submission(), inputs: { x: x!, z: z!, alpha: alpha! } });
    expect(again).to.include({ id: first.id, state: "proven" });
    expect(await client.wait(again.id)).to.deep.equal(proof);
  });

  it("proves a witness, and reads from it what is to be proven", async () => {
    const witness = await harness.witness();
    const job = await client.submitWitness(harness.program.id, witness);
    expect(job.publicSignals).to.deep.equal(harness.made.publicSignals);
    const proof = await client.wait(job.id);
    expect(await verifyProof(harness.program.verificationKey, proof)).to.be.true;
  });

  it("fails a job whose input has no witness, with the reason", async () => {
    const wrong = { ...harness.submission(), inputs: { alpha: "7", z: "0", x: ["12", "13"] } };
    const { id } = await client.submit(wrong);
    const job = await until(async () => {
      const job = await client.job(id);
      return job.attempts > 0 && job.state === "queued" ? job : undefined;
    }, "the job to be given back");
    expect(job.attempts).to.equal(1);
    expect(await client.cancel(id)).to.include({ state: "cancelled" });
    await expectCode("JOB_FAILED", () => client.wait(id));
    expect(await harness.metrics()).to.match(/^sheaf_prover_failures_total\{[^}]*code="WITNESS_FAILED"[^}]*\} 1$/m);
  });

  it("counts for Prometheus", async () => {
    const { id } = await client.submit(harness.submission());
    await client.wait(id);
    const text = await harness.metrics();
    expect(text).to.match(/^sheaf_prover_seconds_count\{[^}]*backend="snarkjs",phase="prove"\} [1-9]/m);
    expect(text).to.match(/^sheaf_prover_results_total\{[^}]*verdict="accepted"\} [1-9]/m);
    expect(text).to.match(/^sheaf_prover_workers 1$/m);
    const [worker] = await client.workers();
    expect(worker).to.deep.include({
      name: "the worker",
      programs: [harness.program.id],
      backend: "snarkjs",
      wrong: 0,
    });
    expect(worker!.accepted).to.be.above(0);
  });
});
