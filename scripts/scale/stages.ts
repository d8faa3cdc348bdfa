import { createHash } from "node:crypto";
import { Ring } from "../../bench/full-batch.ts";
import { childrenCpu, cpuOf } from "../../bench/process-usage.ts";
import { bigintJson } from "../../lib/json.ts";
import { buildBatch, signalsOf } from "../../protocol/batch.ts";
import { domainOf } from "../../protocol/challenge.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import { transferMessage } from "../../protocol/operations.ts";
import { isValidPublicKey, verifySignature } from "../../protocol/signature.ts";
import { ensureKeys } from "../../prover/artifacts/artifacts.ts";
import { verifyProof } from "../../prover/backends/snarkjs.ts";
import { ensureNative } from "../../prover/native/build.ts";
import { NativeService } from "../../prover/native/service.ts";
import type { WitnessInput } from "../../prover/prover.ts";
import { inputText } from "../../prover/service/input-text.ts";
import { submission } from "../../prover/service/schemas.ts";
import { makeWitness } from "../../prover/witness/source.ts";
import type { StageTerms } from "./terms.ts";

/** Any time and domain: what a batch costs does not depend on them. */
const TIMESTAMP = 1_767_225_600;
const DOMAIN = domainOf(31337n, 0x5fbdb2315678afecb367f032d93f642f64180aa3n);

/**
 * Measures a full batch of transfers in each stage, in processor time: other work on the machine lengthens a stage on the
 * clock, and hardly this. The native prover gets one thread, so that nothing is lost in waiting for another.
 */
export async function measureStages(size: BatchSize, runs: number, say: (step: string) => void): Promise<StageTerms> {
  say("circuit and keys");
  const { circuit, key } = await ensureKeys(size, { setup: "development-INSECURE" });
  const ring = new Ring(size);
  const request = ring.request(DOMAIN, 1, TIMESTAMP);

  say("admission");
  const admissionMs = await cpuPerRun(runs, async () => {
    for (const transfer of request.transfers) {
      const { publicKey, signature } = transfer;
      const isRight =
        isValidPublicKey(publicKey) && verifySignature(transferMessage(DOMAIN, transfer), signature, publicKey);
      if (!isRight) throw new Error("a signature of the measured batch is wrong");
    }
  });
  say("state machine");
  const batchMs = await cpuPerRun(runs, async () => buildBatch(ring.state.fork(), size, request));

  say("witness");
  const { input, publicSignals } = ring.batch(DOMAIN, 1, TIMESTAMP);
  const body = requestFor(input);
  const intakeMs = await cpuPerRun(runs, async () => {
    const taken = parseFields("the body", submission, JSON.parse(body));
    if (taken.kind === "inputs") createHash("sha256").update(inputText(taken.inputs)).digest();
  });
  const generators = { wasm: circuit.wasm, plan: circuit.plan };
  const witnessMs = await cpuPerRun(runs, async () => (await makeWitness(input, generators)).discard());

  say("proof");
  const witness = await makeWitness(input, generators);
  const service = new NativeService(await ensureNative("sheaf-prover"), { SHEAF_THREADS: "1" });
  try {
    await service.load(key.zkey);
    let made = await service.prove(key.zkey, witness.path);
    const before = await cpuOf(service.pid!);
    for (let run = 0; run < runs; run++) made = await service.prove(key.zkey, witness.path);
    const proofMs = ((await cpuOf(service.pid!)) - before) / runs;

    say("verification");
    const proof = { proof: made.proof, publicSignals: signalsOf(publicSignals) };
    const verificationMs = await cpuPerRun(10 * runs, async () => {
      if (!(await verifyProof(key.verificationKey, proof))) throw new Error("a measured proof is wrong");
    });
    return { admissionMs: admissionMs / size.transfers, batchMs, intakeMs, witnessMs, proofMs, verificationMs };
  } finally {
    await service.close();
    await witness.discard();
  }
}

/** The body that a client posts to `/jobs`. */
function requestFor(inputs: WitnessInput): string {
  const request = { kind: "inputs", program: "any", inputs, publicSignals: [] };
  return bigintJson(request);
}

/** Milliseconds of processor time of this process and of those that it waits for; the first run does not count. */
async function cpuPerRun(runs: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const [own, children] = [process.cpuUsage(), await childrenCpu()];
  for (let run = 0; run < runs; run++) await work();
  const { user, system } = process.cpuUsage(own);
  return ((user + system) / 1000 + (await childrenCpu()) - children) / runs;
}
