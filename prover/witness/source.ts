import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SheafError } from "../../protocol/errors.ts";
import { temporaryFolder } from "../files/temporary-folder.ts";
import type { Witness, WitnessInput } from "../prover.ts";
import { circomWitness } from "./circom.ts";
import { executePlan } from "./executor.ts";
import { encodeInputs, readInputSignals } from "./inputs.ts";

/** Paths of a circuit's witness generators: circom's, and the plan if it has one. */
export interface WitnessGenerators {
  readonly wasm: string;
  readonly plan?: string | undefined;
}

/**
 * Computes a witness: by the circuit's plan in native code, or by circom's generator if there is no plan or no compiler
 * for the native code. An input that the plan rejects, circom's generator rejects too, and says where.
 *
 * @throws SheafError WITNESS_FAILED if the input does not satisfy the circuit, ARTIFACT_CORRUPT if the plan is damaged,
 * NATIVE_CRASHED, FILE_UNWRITABLE
 */
export async function makeWitness(
  input: WitnessInput,
  generators: WitnessGenerators,
  signal?: AbortSignal,
): Promise<Witness> {
  const start = performance.now();
  const folder = await temporaryFolder("witness");
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, "witness.wtns");
  try {
    const planned = await byPlan(input, generators.plan, path, signal);
    if (!planned) await write(path, await circomWitness(input, generators.wasm));
    return { path, by: planned ? "plan" : "circom", milliseconds: performance.now() - start, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Whether a plan gave the witness. */
async function byPlan(
  input: WitnessInput,
  plan: string | undefined,
  path: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (plan === undefined) return false;
  const signals = await readInputSignals(plan).catch(() => undefined);
  if (signals === undefined) throw new SheafError("ARTIFACT_CORRUPT", `${plan} is damaged`);
  const encoded = encodeInputs(signals, input);
  if (encoded === undefined) return false;
  try {
    await executePlan(plan, encoded, path, signal);
    return true;
  } catch (error) {
    if (error instanceof SheafError && LEFT_TO_CIRCOM.has(error.code)) return false;
    throw error;
  }
}

const LEFT_TO_CIRCOM: ReadonlySet<string> = new Set(["WITNESS_FAILED", "NATIVE_UNAVAILABLE", "NATIVE_BUILD_FAILED"]);

async function write(path: string, content: Uint8Array): Promise<void> {
  await writeFile(path, content).catch((error: unknown) => {
    throw new SheafError("FILE_UNWRITABLE", `cannot write ${path}`, { cause: error });
  });
}
