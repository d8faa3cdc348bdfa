import { join } from "node:path";
import type { VerificationKey } from "snarkjs";
import { ROOT } from "../lib/root.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { addressToHex } from "../protocol/json-fields.ts";
import { batchCircuit } from "../prover/artifacts/artifacts.ts";
import { digestOf } from "../prover/artifacts/circuit-cache.ts";
import { toJson, writeWhole } from "../prover/files/whole-files.ts";
import type { Proof } from "../prover/prover.ts";
import type { SubmittedBatch } from "./measure.ts";

/** Where records are kept, a file a size. */
export const RECORDS = join(ROOT, "test/records");

/** What is kept of a full batch that was proven, and that a rollup's contract took: enough to check it again. */
export interface BatchRecord {
  readonly size: BatchSize;
  /** Digest of the circuit's sources and compiler. */
  readonly sources: string;
  /** SHA-256 of the R1CS and of the proving key. */
  readonly circuitHash: string;
  readonly keyHash: string;
  readonly verificationKey: VerificationKey;
  readonly proof: Proof["proof"];
  readonly publicSignals: Proof["publicSignals"];
  /** The published words, in hexadecimal. */
  readonly words: string;
  /** L1 address in hexadecimal. */
  readonly beneficiary: string;
  readonly gas: number;
}

/** Keeps a batch in the file of its size. */
export async function writeRecord({ circuit, key, batch, proof, gas }: SubmittedBatch): Promise<void> {
  const { size, words, beneficiary } = batch;
  const record: BatchRecord = {
    size,
    sources: await digestOf(batchCircuit(size)),
    circuitHash: circuit.hash,
    keyHash: key.hash,
    verificationKey: key.verificationKey,
    proof: proof.proof,
    publicSignals: proof.publicSignals,
    words: Buffer.from(words).toString("hex"),
    beneficiary: addressToHex(beneficiary),
    gas,
  };
  await writeWhole(join(RECORDS, `${size.name}.json`), toJson(record));
}
