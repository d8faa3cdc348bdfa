import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { BrowserProvider } from "ethers";
import { network } from "hardhat";
import { buildContracts, buildSize, deployContract, type BuiltSize } from "../../fixture/build.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { verifyProof } from "../../prover/backends/snarkjs.ts";
import { batchDescriptionToJson } from "../../prover/files/batch-description.ts";
import { exampleBatch } from "../../prover/files/example-batch.ts";
import { solidityProof } from "../../prover/files/proof-format.ts";
import { ProverClient, type JobView, type ProofView, type Submission } from "../../prover/service/client.ts";
import type { IVerifier } from "../../types/generated/index.ts";
import { expectFailure } from "../support/cli.ts";
import { expectCode } from "../support/errors.ts";
import { RunningCommand } from "../support/prover/prover-commands.ts";
import { until } from "../support/until.ts";

const SIZE = BATCH_SIZES[0]!;

/** Errors as people read them: where stderr is not a terminal, all of it is JSON otherwise. */
const TEXT = ["--log-format", "text"];

describe("prover service, as commands", function () {
  // The first run builds circuit, keys and contracts.
  this.timeout(900_000);
  let folder: string;
  let built: BuiltSize;
  const commands: RunningCommand[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-commands-"));
    built = await buildSize(SIZE);
  });
  afterEach(async () => {
    for (const command of commands.splice(0)) await command.end("SIGKILL");
  });
  after(() => rm(folder, { recursive: true }));

  const run = (...args: string[]): RunningCommand => {
    const command = new RunningCommand(["prover", ...args]);
    commands.push(command);
    return command;
  };
  const queue = (): string => `sqlite:${join(folder, "queue.db")}`;
  async function serve(...args: string[]): Promise<{ command: RunningCommand; client: ProverClient; url: string }> {
    const command = run("serve", "--queue", queue(), "--data", folder, ...args);
    const url = await command.said(/prover service: (http:[^\s"]+)/);
    return { command, client: new ProverClient(url), url };
  }
  const joined = (name: string): RunningCommand =>
    run("worker", "--queue", queue(), "--name", name, "--cache", join(folder, name));

  it("proves batches in a worker process, and loses none when the coordinator is killed meanwhile", async () => {
    const first = await serve("--port", "0", "--workers", "0");
    const jobs: JobView[] = [];
    for (const batchNumber of [1, 2, 3]) jobs.push(await first.client.submit(batch(batchNumber)));
    const worker = joined("prover");
    await until(async () => (await first.client.job(jobs[0]!.id)).attempts > 0 || undefined, "the worker to begin");
    expect(await first.command.end("SIGKILL")).to.equal("SIGKILL");

    const { port } = new URL(first.url);
    const { command, client } = await serve("--port", port, "--workers", "0");
    const proofs: ProofView[] = [];
    for (const { id } of jobs) proofs.push(await client.wait(id));
    expect(new Set(proofs.map(({ publicSignals }) => publicSignals[0])).size).to.equal(3);
    for (const [place, proof] of proofs.entries()) {
      expect(proof.worker).to.equal("prover");
      expect(proof.publicSignals).to.deep.equal(jobs[place]!.publicSignals);
      expect(await verifyProof(built.key.verificationKey, proof)).to.be.true;
    }
    await expectOnChain(proofs[1]!);

    // It reports to the new coordinator too, every so often.
    const [known] = await until(async () => ((await client.workers()).length > 0 ? client.workers() : undefined), "it");
    expect(known).to.include({ name: "prover", backend: proofs[2]!.backend, wrong: 0 });
    expect(await worker.end("SIGTERM")).to.equal(0);
    expect(await command.end("SIGTERM")).to.equal(0);
    await expectCode("SERVICE_UNREACHABLE", () => client.jobs());
  });

  for (const [signal, end] of [
    ["SIGTERM", 0],
    ["SIGKILL", "SIGKILL"],
  ] as const) {
    it(`ends with the workers that it has started, by ${signal} too`, async () => {
      const { command, client } = await serve("--port", "0", "--workers", "2");
      await until(async () => (await client.workers()).length === 2 || undefined, "two workers");
      expect(await command.end(signal)).to.equal(end);
      // They share its stderr, which is closed only when the last of them has ended.
      expect(command.child.stderr!.closed).to.be.true;
    });
  }

  it("says which keys are missing, and stays up", async () => {
    const { client } = await serve("--port", "0", "--workers", "0", "--production", "--sizes", SIZE.name);
    const { status, missing, programs } = await client.health();
    expect([status, programs]).to.deep.equal(["down", []]);
    expect(missing.map(({ what }) => what)).to.include(`keys ${SIZE.name}`);
    await expectCode("PROGRAM_UNKNOWN", () => client.submit(batch(4)));
    const worker = run("worker", "--queue", queue(), "--cache", join(folder, "none"));
    expect(await worker.ended()).to.equal(1);
    expect(worker.stderr).to.match(/"PROGRAM_UNKNOWN"/);
  });

  it("explains options that are wrong", async () => {
    for (const option of [
      "--port=70000",
      "--port=x",
      "--workers=-1",
      "--backend=gpu",
      "--log=loud",
      "--max-queued=0",
    ]) {
      await expectFailure("USAGE", ["prover", "serve", option]);
    }
    await expectFailure("SIZE_UNKNOWN", ["prover", "serve", "--sizes", "batch-5", ...TEXT]);
    await expectFailure("USAGE", ["prover", "worker"]);
    await expectFailure("USAGE", ["prover", "worker", "--queue", "sqlite:x", "--deadline", "0"]);
    await expectFailure("QUEUE_URL_INVALID", ["prover", "worker", "--queue", "amqp://127.0.0.1", ...TEXT]);
    await expectFailure("QUEUE_UNREACHABLE", ["prover", "worker", "--queue", "redis://127.0.0.1:1", ...TEXT]);
    await expectFailure("USAGE", ["prover", "load", "--jobs", "none"]);
  });

  /** The verifier contract takes the proof, and not for other public signals. */
  async function expectOnChain({ proof, publicSignals }: ProofView): Promise<void> {
    await buildContracts();
    const { provider } = await network.create();
    const signer = await new BrowserProvider(provider).getSigner(0);
    const { path, contractName } = built.verifier;
    const verifier = await deployContract<IVerifier>(path, contractName, signer);
    const [ax, ay, bx1, bx0, by1, by0, cx, cy] = solidityProof(proof);
    const verify = (signals: readonly string[]) =>
      verifier.verifyProof(
        [ax, ay],
        [
          [bx1, bx0],
          [by1, by0],
        ],
        [cx, cy],
        signals as [string, string, string, string],
      );
    expect(await verify(publicSignals)).to.be.true;
    expect(await verify(publicSignals.with(1, "5"))).to.be.false;
  }
});

function batch(batchNumber: number): Submission {
  return { kind: "batch", batch: batchDescriptionToJson({ ...exampleBatch(SIZE), batchNumber }) as never };
}
