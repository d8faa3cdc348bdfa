import { join } from "node:path";
import type { VerificationKey } from "snarkjs";
import { ROOT } from "../lib/root.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { addressToHex } from "../protocol/json-fields.ts";
import { batchCircuit } from "../prover/artifacts/artifacts.ts";
import { digestOf } from "../prover/artifacts/circuit-cache.ts";
import { toJson, writeWhole } from "../prover/files/whole-files.ts";
import type { Proof } from "../prover/prover.ts";
import type { SubmittedBatch, SubmittedBatches } from "./measure.ts";

/** Where records are kept, a file a size. */
export const RECORDS = join(ROOT, "test/records");

/** What is kept of full batches that were proven, and that a rollup's contract took: enough to check them again. */
export interface BatchRecord {
  readonly size: BatchSize;
  /** Digest of the circuit's sources and compiler. */
  readonly sources: string;
  /** SHA-256 of the R1CS and of the proving key. */
  readonly circuitHash: string;
  readonly keyHash: string;
  readonly verificationKey: VerificationKey;
  /** A batch of transfers alone. */
  readonly transfers: SubmissionRecord;
  /** One with every row in use. */
  readonly whole: SubmissionRecord;
}

/** One batch of a record. */
export interface SubmissionRecord {
  readonly proof: Proof["proof"];
  readonly publicSignals: Proof["publicSignals"];
  /** The published words, in hexadecimal. */
  readonly words: string;
  /** L1 address in hexadecimal. */
  readonly beneficiary: string;
  readonly gas: number;
}

/** Keeps batches in the file of their size. */
export async function writeRecord({ circuit, key, transfers, whole }: SubmittedBatches): Promise<void> {
  const { size } = whole.batch;
  const record: BatchRecord = {
    size,
    sources: await digestOf(batchCircuit(size)),
    circuitHash: circuit.hash,
    keyHash: key.hash,
    verificationKey: key.verificationKey,
    transfers: submissionRecord(transfers),
    whole: submissionRecord(whole),
  };
  await writeWhole(join(RECORDS, `${size.name}.json`), toJson(record));
}

const submissionRecord = ({ batch, proof, gas }: SubmittedBatch): SubmissionRecord => ({
  proof: proof.proof,
  publicSignals: proof.publicSignals,
  words: Buffer.from(batch.words).toString("hex"),
  beneficiary: addressToHex(batch.beneficiary),
  gas,
});
