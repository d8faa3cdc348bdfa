import { join } from "node:path";
import { readFile } from "node:fs/promises";
import type { BatchArtifacts } from "../../../prover/artifacts/artifacts.ts";
import { ensureCompiled, type CircuitSource } from "../../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey } from "../../../prover/artifacts/key-cache.ts";

const PATH = join(import.meta.dirname, "../..", "prover", "circuits", "chain.circom");

/** A small circuit that stands in for a batch's: the same outputs and public inputs. Domain 2^7. */
export async function chainCircuit(steps = 80): Promise<CircuitSource> {
  const main = (await readFile(PATH, "utf8")).replace("Chain(80)", `Chain(${steps})`);
  return { name: "chain-small", main, includes: [] };
}

/** An input that satisfies the circuit. */
export const CHAIN_INPUT = { alpha: 7n, z: 0n, x: [11n, 13n] } as const;

/** A chain circuit with a development key, as what a batch size or, with no transfers, the exit is deployed with. */
export async function chainArtifacts(
  name: string,
  { steps, transfers }: { readonly steps: number; readonly transfers: number },
  folder: string,
): Promise<BatchArtifacts> {
  const circuit = await ensureCompiled({ ...(await chainCircuit(steps)), name }, folder);
  const key = await ensureDevelopmentKey(circuit, folder);
  const size = { name, transfers, accounts: 3, l1Operations: 2, withdrawals: 1, segments: 3, nodes: 22 };
  return { size, circuit, key };
}
