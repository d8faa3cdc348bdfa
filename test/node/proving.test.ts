import { expect } from "chai";
import { builtKeys, knownSize, provableSizes, type ProvableSize } from "../../node/provable-sizes.ts";
import { localBatchProver, serviceBatchProver, type BatchProver } from "../../node/proving.ts";
import type { RegisteredSize } from "../../node/store/store.ts";
import { type Batch, buildBatch, signalsOf } from "../../protocol/batch.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { ensureKeys } from "../../prover/artifacts/artifacts.ts";
import { verifyProof } from "../../prover/backends/snarkjs.ts";
import { describedBatch } from "../../prover/files/batch-description.ts";
import { exampleBatch } from "../../prover/files/example-batch.ts";
import type { TimedProof } from "../../prover/prover.ts";
import type { ProofView, ProverClient } from "../../prover/service/client.ts";
import { expectCode } from "../support/errors.ts";
import { CHAIN_INPUT } from "../support/prover/chain-circuit.ts";
import { ServiceHarness } from "../support/prover/prover-service.ts";
import { until } from "../support/until.ts";

const DEVELOPMENT = "development-INSECURE";
const [BATCH_4] = BATCH_SIZES as [(typeof BATCH_SIZES)[number]];
const REGISTERED: RegisteredSize = {
  ...{ id: 3, verifier: `0x${"5e".repeat(20)}`, transfers: 4, l1Operations: 2, withdrawals: 1 },
  ...{ circuitHash: `0x${"c1".repeat(32)}`, keyHash: `0x${"4e".repeat(32)}` },
};

/** The circuit of the harness in place of a batch's; values that it does not have make it another batch. */
function batchOf(harness: ServiceHarness, salt?: number, changes: Partial<Batch> = {}): Batch {
  const [c, y, alpha, z] = harness.made.publicSignals.map(BigInt) as [bigint, bigint, bigint, bigint];
  return {
    size: { ...BATCH_4, name: harness.program.name },
    input: { ...CHAIN_INPUT, ...(salt !== undefined && { salt: BigInt(salt) }) },
    publicSignals: { c, y, alpha, z },
    published: { timestamp: 1_767_225_600 },
    ...changes,
  } as Batch;
}

const sizesOf = ({ program }: ServiceHarness): readonly ProvableSize[] => [
  {
    size: { ...REGISTERED, keyHash: `0x${program.files.zkey.sha256}` },
    rows: { ...BATCH_4, name: program.name },
    keys: { ...program.paths, verificationKey: program.verificationKey },
  },
];

describe("node: sizes with their keys", () => {
  it("are those that were built here, if L1 has the same", async () => {
    const { circuit, key } = await ensureKeys(BATCH_4, { setup: DEVELOPMENT });
    const size = { ...REGISTERED, circuitHash: `0x${circuit.hash}`, keyHash: `0x${key.hash}` };
    const [provable] = await provableSizes([size], builtKeys(DEVELOPMENT));
    expect(provable!.size).to.equal(size);
    expect(provable!.rows).to.equal(BATCH_4);
    expect(provable!.keys.zkey).to.equal(key.zkey);
    for (const part of ["circuitHash", "keyHash"] as const) {
      const other = { ...size, [part]: REGISTERED[part] };
      await expectCode("ARTIFACT_MISMATCH", () => provableSizes([other], builtKeys(DEVELOPMENT)));
    }
  });

  it("are none that this version does not know", async () => {
    await expectCode("SIZE_NOT_KNOWN", () => builtKeys(DEVELOPMENT)({ ...REGISTERED, withdrawals: 7 }));
    for (const part of ["transfers", "l1Operations", "withdrawals"] as const) {
      await expectCode("SIZE_NOT_KNOWN", () => knownSize("batch-4", { ...REGISTERED, [part]: 7 }));
    }
    await expectCode("SIZE_NOT_KNOWN", () => knownSize("batch-16", REGISTERED));
    expect(knownSize("batch-4", REGISTERED)).to.equal(BATCH_4);
  });
});

describe("node: batches proven in process", () => {
  let harness: ServiceHarness;
  let prover: BatchProver;
  before(async () => (harness = await ServiceHarness.create()));
  beforeEach(() => (prover = localBatchProver(sizesOf(harness), { backend: "snarkjs" })));
  afterEach(() => prover.close());
  after(() => harness.remove());

  it("are proven for real", async function () {
    this.timeout(300_000);
    const { circuit, key } = await ensureKeys(BATCH_4, { setup: DEVELOPMENT });
    const size = { ...REGISTERED, circuitHash: `0x${circuit.hash}`, keyHash: `0x${key.hash}` };
    const real = localBatchProver(await provableSizes([size], builtKeys(DEVELOPMENT)));
    const { state, request } = describedBatch(exampleBatch(BATCH_4));
    const batch = buildBatch(state, BATCH_4, request);
    const proof = await real.prove(batch);
    expect(proof.publicSignals).to.deep.equal(signalsOf(batch.publicSignals));
    expect(await verifyProof(key.verificationKey, proof)).to.equal(true);
    await real.close();
  });

  it("are given up when they take too long, and the next one has its turn", async () => {
    let calls = 0;
    const hasty = localBatchProver(sizesOf(harness), {
      backend: "snarkjs",
      deadline: () => (calls++ === 0 ? 1 : 60_000),
    });
    const error = await expectCode("PROOF_TIMEOUT", () => hasty.prove(batchOf(harness)));
    expect(error.message).to.include("0.001 s");
    expect((await hasty.prove(batchOf(harness))).publicSignals).to.deep.equal(harness.made.publicSignals);
    await hasty.close();
  });

  it("lack their keys, where these are gone", async () => {
    expect(await prover.lacks!()).to.equal(undefined);
    const [size] = sizesOf(harness);
    const zkey = `${size!.keys.zkey}.gone`;
    const poor = localBatchProver([{ ...size!, keys: { ...size!.keys, zkey } }]);
    expect(await poor.lacks!()).to.equal(`${zkey} cannot be read`);
  });

  it("come in their order, each witness while the proof before it is made", async () => {
    const log: string[] = [];
    const proofs = [1, 2, 3].map(async (number) => {
      const onProgress = (phase: string): number => log.push(`${phase} ${number}`);
      await prover.prove(batchOf(harness), { onProgress });
      log.push(`done ${number}`);
    });
    await Promise.all(proofs);
    const before = (first: string, second: string): void => {
      expect(log.indexOf(first), `${first} before ${second}`).to.be.within(0, log.indexOf(second) - 1);
    };
    expect(log.filter((line) => line.startsWith("done"))).to.deep.equal(["done 1", "done 2", "done 3"]);
    before("witness 2", "done 1");
    before("witness 3", "done 2");
    before("proof 1", "witness 2");
    before("done 1", "proof 3");
    before("proof 2", "witness 3");
  });

  it("do not keep each other from being proven when one fails or is given up", async () => {
    const giveUp = new AbortController();
    const outcomes = Promise.allSettled([
      prover.prove(batchOf(harness)),
      prover.prove(batchOf(harness, undefined, { input: { ...CHAIN_INPUT, x: [12n, 13n] } })),
      prover.prove(batchOf(harness), { signal: giveUp.signal }),
      prover.prove(batchOf(harness, undefined, { size: BATCH_4 })),
      prover.prove(batchOf(harness)),
    ]);
    giveUp.abort(new Error("not needed any more"));
    const [first, violating, givenUp, unknown, last] = await outcomes;
    expect([first!.status, last!.status]).to.deep.equal(["fulfilled", "fulfilled"]);
    expect(violating).to.have.nested.property("reason.code", "WITNESS_FAILED");
    expect(givenUp).to.have.nested.property("reason.message", "not needed any more");
    expect(unknown).to.have.nested.property("reason.code", "SIZE_NOT_KNOWN");
  });

  it("are finished before the prover closes", async () => {
    const proof = prover.prove(batchOf(harness));
    const other = prover.prove(batchOf(harness));
    let isDone = false;
    void other.then(() => (isDone = true));
    await prover.close();
    expect(isDone).to.equal(true);
    expect((await proof).publicSignals).to.deep.equal(harness.made.publicSignals);
  });
});

describe("node: batches proven by a service", function () {
  this.timeout(120_000);
  let harness: ServiceHarness;
  let client: ProverClient;
  before(async () => {
    harness = await ServiceHarness.create();
    client = await harness.start();
  });
  afterEach(() => harness.stopWorkers());
  after(() => harness.remove());

  it("come back right, with word of how far they are", async () => {
    harness.join("honest");
    const phases: string[] = [];
    const prover = serviceBatchProver(client, sizesOf(harness));
    const proof = await prover.prove(batchOf(harness), { onProgress: (phase) => phases.push(phase) });
    expect(proof.publicSignals).to.deep.equal(harness.made.publicSignals);
    expect(await verifyProof(harness.program.verificationKey, proof)).to.equal(true);
    expect(phases).to.not.deep.equal([]);
  });

  it("are proven side by side", async () => {
    for (const name of ["one", "two"]) harness.join("stub", { name, milliseconds: 4000 });
    const prover = serviceBatchProver(client, sizesOf(harness));
    const proofs = [21, 22].map((salt) => prover.prove(batchOf(harness, salt)));
    const proving = async (): Promise<number> =>
      (await client.jobs()).filter(({ state }) => state === "proving").length;
    await until(async () => ((await proving()) === 2 ? true : undefined), "both to be proven at a time");
    for (const proof of await Promise.all(proofs)) {
      expect(proof.publicSignals).to.deep.equal(harness.made.publicSignals);
    }
  });

  it("are cancelled when they are given up", async () => {
    const giveUp = new AbortController();
    const prover = serviceBatchProver(client, sizesOf(harness));
    const proof = prover.prove(batchOf(harness, 31), { signal: giveUp.signal });
    const [job] = await until(async () => {
      const waiting = (await client.jobs()).filter(({ state }) => state === "queued");
      return waiting.length === 1 ? waiting : undefined;
    }, "the job");
    giveUp.abort(new Error("not needed any more"));
    const error: unknown = await proof.catch((reason: unknown) => reason);
    expect(error).to.have.property("message", "not needed any more");
    expect((await client.job(job!.id)).state).to.equal("cancelled");
  });

  it("are asked for again while the service is away or busy", async () => {
    harness.join("stub");
    const troubles = ["SERVICE_UNREACHABLE", "SERVICE_BUSY", "QUEUE_UNREACHABLE"] as const;
    let calls = 0;
    const rough: Parameters<typeof serviceBatchProver>[0] = {
      submit: (submission) => {
        const code = troubles[calls++];
        return code === undefined ? client.submit(submission) : Promise.reject(new SheafError(code, "for a while"));
      },
      wait: (id, options) => client.wait(id, options),
      cancel: (id) => client.cancel(id),
    };
    const patient = serviceBatchProver(rough, sizesOf(harness), { attempts: 4, pause: 1 });
    expect((await patient.prove(batchOf(harness, 41))).publicSignals).to.deep.equal(harness.made.publicSignals);
    calls = 0;
    const hasty = serviceBatchProver(rough, sizesOf(harness), { attempts: 3, pause: 1 });
    await expectCode("QUEUE_UNREACHABLE", () => hasty.prove(batchOf(harness, 42)));
  });

  it("are not believed where their proofs are of something else, or wrong", async () => {
    const { made } = harness;
    const lying = (proof: TimedProof): BatchProver => {
      const answer = { ...proof, worker: "liar", backend: "none" };
      const fake = { submit: () => ({ id: "1" }), wait: () => answer, cancel: () => undefined };
      return serviceBatchProver(fake as never, sizesOf(harness));
    };
    const otherSignals = made.publicSignals.with(2, "8");
    await expectCode("PROOF_INVALID", () => lying({ ...made, publicSignals: otherSignals }).prove(batchOf(harness)));
    const otherProof = { ...made.proof, pi_c: made.proof.pi_a };
    await expectCode("PROOF_INVALID", () => lying({ ...made, proof: otherProof }).prove(batchOf(harness)));
    expect((await lying(made).prove(batchOf(harness))).proof).to.deep.equal(made.proof);
  });

  it("are not asked for in vain again where a proof was wrong", async () => {
    const { made } = harness;
    const wrong = { ...made.proof, pi_c: made.proof.pi_a };
    const asked: unknown[] = [];
    const fake = {
      submit: (submission: { refused?: unknown }) => (asked.push(submission.refused), { id: "1" }),
      wait: () => ({ ...made, proof: asked.length === 1 ? wrong : made.proof }),
      cancel: () => undefined,
    };
    const prover = serviceBatchProver(fake as never, sizesOf(harness));
    await expectCode("PROOF_INVALID", () => prover.prove(batchOf(harness)));
    expect((await prover.prove(batchOf(harness))).proof).to.deep.equal(made.proof);
    await prover.prove(batchOf(harness));
    expect(asked).to.deep.equal([undefined, wrong, undefined]);
  });

  it("are made anew where L1 refused them, which counts against the worker", async () => {
    harness.join("honest", { name: "first" });
    const prover = serviceBatchProver(client, sizesOf(harness));
    const batch = batchOf(harness);
    // Perhaps in a test before.
    const { proof: refused, worker } = (await prover.prove(batch)) as ProofView;
    expect((await prover.prove(batch)).proof, "the same job").to.deep.equal(refused);
    await harness.stopWorkers();
    harness.join("honest", { name: "second" });
    const again = await prover.prove(batch, { refused });
    expect(again.proof).to.not.deep.equal(refused);
    expect(again).to.have.property("worker", "second");
    const { registry } = harness.service.coordinator.metrics;
    expect(await registry.metrics()).to.match(/results_total\{[^}]*verdict="wrong"\} 1/);
    expect((await client.workers()).find(({ name }) => name === worker)).to.include({ wrong: 1 });
  });
});
