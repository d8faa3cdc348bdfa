import * as z from "zod";
import { decimalString, unsigned } from "../../protocol/json-fields.ts";
import { batchDescriptionSchema } from "../files/batch-schema.ts";
import { JOB_STATES } from "../queue/job.ts";

// Bodies that go over HTTP, which are validated, and the source of the OpenAPI document and of the client's types.

const program = z.string().min(1).max(100).describe("a program's id, or the name of its batch size");
const publicSignals = z.array(decimalString).max(1000).describe("what the proof must have as public signals");
const order = unsigned(40).describe("Unix time in seconds that the job is as old as; default: now").optional();

/** Dimensions that an input signal may have. A limit, since a value is checked by recursion. */
const MAX_DIMENSIONS = 8;
/** Values of input signals by name: decimal strings or exact numbers, or arrays of them. */
const signalOf = (dimensions: number): z.ZodType<Signal> => {
  const values = [decimalString, z.int()] as const;
  return dimensions === 0 ? z.union(values) : z.union([...values, z.array(signalOf(dimensions - 1))]);
};
const signal = signalOf(MAX_DIMENSIONS);
type Signal = string | number | readonly Signal[];

export const submission = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("batch"), batch: batchDescriptionSchema }),
    z.strictObject({
      kind: z.literal("inputs"),
      program,
      inputs: z.record(z.string(), signal),
      publicSignals,
      order,
      refused: z
        .looseObject({})
        .describe("a proof of this very job that L1 refused: another is made, and this one counts as wrong")
        .optional(),
    }),
  ])
  .meta({ id: "Submission" });
export type Submission = z.input<typeof submission>;

export const witnessQuery = z.strictObject({ program, order: z.coerce.number().pipe(unsigned(40)).optional() });
export const listQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(50) });

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");
export const idParameter = z.strictObject({ id: sha256 });
export const hashParameter = z.strictObject({ sha256 });

const milliseconds = z.number();
export const proof = z
  .object({
    proof: z.looseObject({}).describe("in snarkjs' format"),
    publicSignals: z.array(z.string()),
    timings: z.object({ witness: milliseconds, prove: milliseconds, verify: milliseconds }),
    worker: z.string(),
    backend: z.string(),
  })
  .meta({ id: "Proof" });

export const job = z
  .object({
    id: sha256.describe("a hash of the request: the same request is the same job"),
    program: z.string(),
    state: z.enum(JOB_STATES),
    attempts: z.int(),
    progress: z.object({ phase: z.string(), fraction: z.number() }),
    order: z.int(),
    publicSignals: z.array(z.string()),
    submittedAt: z.number().describe("Unix time in milliseconds, as all times here"),
    startedAt: z.number().optional(),
    finishedAt: z.number().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: "Job" });
export type JobView = z.output<typeof job>;

const file = z.object({ sha256, bytes: z.int() }).meta({ id: "File" });
export const programView = z
  .object({
    id: z.string(),
    name: z.string(),
    setup: z.string(),
    constraints: z.int(),
    files: z.object({ wasm: file, zkey: file, plan: file.optional() }),
  })
  .meta({ id: "Program" });

const shortText = z.string().min(1).max(200);
export const announcement = z
  .strictObject({
    name: shortText,
    programs: z.array(shortText).max(100),
    backend: shortText,
  })
  .meta({ id: "Announcement" });
export type Announcement = z.output<typeof announcement>;
export const workerView = announcement
  .extend({
    seenAt: z.number(),
    accepted: z.int(),
    wrong: z.int(),
    late: z.int(),
    failed: z.int(),
  })
  .meta({ id: "Worker" });
export type WorkerView = z.output<typeof workerView>;

export const health = z
  .object({
    status: z.enum(["ok", "degraded", "down"]),
    missing: z.array(z.object({ what: z.string(), why: z.string() })),
    programs: z.array(z.string()),
    workers: z.int(),
  })
  .meta({ id: "ProverHealth" });
export type Health = z.output<typeof health>;
