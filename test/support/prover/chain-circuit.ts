import { join } from "node:path";
import { readFile } from "node:fs/promises";
import type { CircuitSource } from "../../../prover/artifacts/circuit-cache.ts";

const PATH = join(import.meta.dirname, "../..", "prover", "circuits", "chain.circom");

/** A small circuit that stands in for a batch's: the same outputs and public inputs. Domain 2^7. */
export async function chainCircuit(steps = 80): Promise<CircuitSource> {
  const main = (await readFile(PATH, "utf8")).replace("Chain(80)", `Chain(${steps})`);
  return { name: "chain-small", main, includes: [] };
}

/** An input that satisfies the circuit. */
export const CHAIN_INPUT = { alpha: 7n, z: 0n, x: [11n, 13n] } as const;
