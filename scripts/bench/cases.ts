import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { wtns } from "snarkjs";
import { buildBatch } from "../../protocol/batch.ts";
import { BATCH_SIZES, type BatchSize } from "../../protocol/constants.ts";
import { BUILD, ensureCircuit } from "../../prover/artifacts/artifacts.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey } from "../../prover/artifacts/key-cache.ts";
import { describedBatch } from "../../prover/files/batch-description.ts";
import { exampleBatch } from "../../prover/files/example-batch.ts";
import { exists, replaceWhole } from "../../prover/files/whole-files.ts";
import type { WitnessInput } from "../../prover/prover.ts";

/** Powers of the domain's size that are measured. */
export const POWERS = [14, 16, 18, 20] as const;

/** One circuit to prove: paths of its key and witness. */
export interface Case {
  readonly power: number;
  readonly circuit: string;
  readonly constraints: number;
  readonly zkey: string;
  readonly witness: string;
}

/**
 * A chain of products of full-size numbers, one a constraint: no bits, no zeros, nothing that a prover could save. In
 * blocks, since circom's time grows with the square of a template's size.
 */
const SYNTHETIC = (power: number): string => `pragma circom 2.2.0;
template Steps(n) {
    signal input in;
    signal input x;
    signal s[n + 1];
    s[0] <== in;
    for (var i = 0; i < n; i++) s[i + 1] <== (s[i] + i) * (s[i] + 7 * x);
    signal output out <== s[n];
}
template Synthetic(blocks, n) {
    signal input x;
    signal s[blocks + 1];
    s[0] <== x * x;
    for (var i = 0; i < blocks; i++) s[i + 1] <== Steps(n)(s[i], x);
    signal output y <== s[blocks];
}
component main = Synthetic(${2 ** Math.ceil(power / 2) - 1}, ${2 ** Math.floor(power / 2)});
`;

/** No batch has a smaller domain. */
const SMALLEST_BATCH = 16;

/** The cases up to a power: a synthetic circuit for each, and Sheaf's own circuits. Builds what is missing. */
export async function* cases(max: number): AsyncGenerator<Case> {
  for (const power of POWERS.filter((power) => power <= max)) {
    const main = SYNTHETIC(power);
    const circuit = await ensureCompiled({ name: `synthetic-${power}`, main, includes: [] }, BUILD.circuits);
    yield await prepared("synthetic", circuit, { x: 3n ** 150n });
  }
  // No batch fits a small domain; compiling one to find out takes minutes.
  for (const size of max < SMALLEST_BATCH ? [] : BATCH_SIZES) {
    const circuit = await ensureCircuit(size);
    if (circuit.counts.domainPower > max) return; // nor do those after it
    yield await prepared(size.name, circuit, batchInput(size));
  }
}

async function prepared(name: string, circuit: CircuitArtifacts, input: WitnessInput): Promise<Case> {
  const { zkey } = await ensureDevelopmentKey(circuit, BUILD.keys);
  const folder = join(BUILD.keys, "..", "bench");
  await mkdir(folder, { recursive: true });
  const witness = join(folder, `${circuit.name}-${circuit.hash.slice(0, 16)}.wtns`);
  if (!(await exists(witness))) await replaceWhole(witness, (draft) => wtns.calculate(input, circuit.wasm, draft));
  const { domainPower: power, constraints } = circuit.counts;
  return { power, circuit: name, constraints, zkey, witness };
}

function batchInput(size: BatchSize): WitnessInput {
  const { state, request } = describedBatch(exampleBatch(size));
  return buildBatch(state, size, request).input;
}
