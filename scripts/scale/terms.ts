import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { RECORDS, type BatchRecord } from "../../bench/record.ts";
import { ROOT } from "../../lib/root.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { toJson, writeWhole } from "../../prover/files/whole-files.ts";
import type { FleetRun } from "./fleet.ts";

const FILE = join(ROOT, "docs/scale.json");

/** Milliseconds of one core that a batch of a size takes in each stage. */
export interface StageTerms {
  /** A transfer's signature and key, when it comes in. */
  readonly admissionMs: number;
  /** A full batch in the state machine, its signatures once more included. */
  readonly batchMs: number;
  /** The request for its proof in the coordinator: a JSON body with the circuit's inputs, read, checked and hashed. */
  readonly intakeMs: number;
  readonly witnessMs: number;
  readonly proofMs: number;
  /** A proof's check. */
  readonly verificationMs: number;
}

/** A fleet of stubs on the real service, each taking as long as a core does for a proof. */
export interface SimulatedRun {
  readonly size: string;
  readonly workers: number;
  readonly jobs: number;
  readonly serviceMs: number;
  readonly proofsPerSecond: number;
  /** What the model says. */
  readonly expected: number;
  readonly overheadMs: number;
  readonly coordinatorMs: number;
}

/** What was measured, and by which command where. */
export interface Measured<T> {
  readonly command: string;
  readonly machine: string;
  readonly results: T;
}

/** docs/scale.json: all that the model takes from measurements on this project's machines, besides test/records. */
export interface Measurements {
  readonly stages: Readonly<Record<string, Measured<StageTerms>>>;
  readonly fleet?: Measured<readonly FleetRun[]>;
  readonly simulation?: Measured<readonly SimulatedRun[]>;
}

export async function readMeasurements(): Promise<Measurements> {
  return JSON.parse(await readFile(FILE, "utf8")) as Measurements;
}

/** Milliseconds that a job took of the coordinator's core in the simulated run with the most jobs. */
export function coordinatorMs({ simulation }: Measurements): number {
  return simulation!.results.toSorted((a, b) => b.jobs - a.jobs)[0]!.coordinatorMs;
}

/** Replaces a part of docs/scale.json. */
export async function keepMeasurements(change: Partial<Measurements>): Promise<void> {
  const { stages, ...before } = await readMeasurements();
  const after = { ...before, ...change, stages: { ...stages, ...change.stages } };
  await writeWhole(FILE, toJson(after));
}

/** What was measured here and now, with the command of this process. */
export function measuredNow<T>(results: T): Measured<T> {
  const command = ["npm run scale --", ...process.argv.slice(2)].join(" ");
  const machine = `${availableParallelism()} threads of ${cpus()[0]?.model.trim() ?? "an unknown processor"}`;
  return { command, machine, results };
}

/** A full batch that a rollup's contract took: `./sheaf bench --record`. */
export interface Published {
  readonly size: BatchSize;
  readonly gas: number;
  readonly words: Uint8Array;
}

export async function publishedBatch(size: string): Promise<Published> {
  const record = JSON.parse(await readFile(join(RECORDS, `${size}.json`), "utf8")) as BatchRecord;
  const { gas, words } = record.transfers;
  return { size: record.size, gas, words: Buffer.from(words, "hex") };
}
