import { createHash } from "node:crypto";
import { fromLittleEndian } from "../../lib/little-endian.ts";
import { batchSteps, signalsOf } from "../../protocol/batch.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Steps } from "../../protocol/steps.ts";
import type { Program } from "../artifacts/program.ts";
import { describedBatchSteps } from "../files/batch-description.ts";
import type { BatchDescription } from "../files/batch-schema.ts";
import { readSection, readSections } from "../files/binfile.ts";
import type { InputKind, JobRequest } from "../queue/job.ts";
import { inputText } from "./input-text.ts";

/** What is to be proven, before its input is kept: the input's text, and everything else about the job. */
export interface Statement {
  readonly program: Program;
  /** As UTF-8. */
  readonly input: Uint8Array;
  readonly publicSignals: readonly string[];
  readonly order: number;
}

/** The program of an id, or the one of a batch size's name. Throws `PROGRAM_UNKNOWN`. */
export function programOf<T extends Program>(programs: readonly T[], wanted: string): T {
  const program = programs.find(({ id, name }) => id === wanted || name === wanted);
  if (program !== undefined) return program;
  const known = programs.map(({ name }) => name).join(", ");
  throw new SheafError("PROGRAM_UNKNOWN", `there are no keys for ${wanted} here; there are for ${known || "nothing"}`);
}

/**
 * Runs a batch through the state machine, in steps of about a millisecond. A statement that it asks to be proven has a
 * witness.
 *
 * @throws SheafError PROGRAM_UNKNOWN, or the state machine's reason against the batch
 */
export function* statementSteps(programs: readonly Program[], description: BatchDescription): Steps<Statement> {
  const program = programOf(programs, description.size);
  const { state, size, request } = yield* describedBatchSteps(description);
  const { input, publicSignals } = yield* batchSteps(state, size, request);
  return {
    program,
    input: inputText(input),
    publicSignals: signalsOf(publicSignals),
    // Batches of a chain happen one after the other.
    order: request.timestamp,
  };
}

/** The job that asks for a proof of a kept input. */
export function requestOf(
  program: Program,
  input: { readonly kind: InputKind; readonly hash: string },
  publicSignals: readonly string[],
  order: number,
): JobRequest {
  if (publicSignals.length !== program.verificationKey.nPublic) {
    throw new SheafError(
      "FIELD_INVALID",
      `publicSignals: ${program.name} has ${program.verificationKey.nPublic} of them, not ${publicSignals.length}`,
    );
  }
  const id = createHash("sha256").update(JSON.stringify([program.id, input.kind, input.hash, publicSignals]));
  return { id: id.digest("hex"), program: program.id, order, input, publicSignals };
}

const HEADER = 1;
const VALUES = 2;
const BYTES = 32;

/**
 * The public signals that a `.wtns` file holds: after the constant 1 come outputs and public inputs.
 *
 * @throws SheafError WITNESS_MALFORMED
 */
export async function publicSignalsOf(path: string, { name, verificationKey }: Program): Promise<readonly string[]> {
  const malformed = (why: string): SheafError => new SheafError("WITNESS_MALFORMED", `no witness of ${name}: ${why}`);
  const sections = await readSections(path, "wtns").catch(() => undefined);
  const [header, values] = [sections?.get(HEADER), sections?.get(VALUES)];
  if (header === undefined || values === undefined) throw malformed("it is no .wtns file");
  const length = (1 + verificationKey.nPublic) * BYTES;
  const head = await readSection(path, header, 4).catch(() => Buffer.alloc(0));
  if (head.length < 4 || head.readUInt32LE() !== BYTES) throw malformed("its field has not 32 bytes");
  const bytes = await readSection(path, values, length).catch(() => Buffer.alloc(0));
  if (bytes.length < length) throw malformed("it is too short");
  const numbers = Array.from({ length: length / BYTES }, (_, i) =>
    fromLittleEndian(bytes.subarray(i * BYTES, (i + 1) * BYTES)),
  );
  if (numbers[0] !== 1n) throw malformed("it does not start with 1");
  return numbers.slice(1).map(String);
}
