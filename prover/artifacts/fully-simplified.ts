import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compileCircuit, DEFAULT_INCLUDES } from "../files/compile.ts";
import { readR1cs } from "../files/r1cs.ts";
import { temporaryFolder } from "../files/temporary-folder.ts";
import type { CircuitSource } from "./circuit-cache.ts";

/**
 * How many constraints circom's `--O2` would leave of a circuit, to be compared with those of `--O1`, which Sheaf uses.
 * Takes minutes and gigabytes for a large circuit.
 *
 * @throws SheafError CIRCUIT_COMPILE_FAILED
 */
export async function fullySimplifiedConstraints({ main, includes }: CircuitSource): Promise<number> {
  const folder = await temporaryFolder("o2");
  try {
    const source = join(folder, "circuit.circom");
    await writeFile(source, main);
    const paths = [...includes, ...DEFAULT_INCLUDES];
    const { r1cs } = await compileCircuit({ source, outDir: folder, includes: paths, optimization: "O2" });
    return (await readR1cs(r1cs)).constraints;
  } finally {
    await rm(folder, { recursive: true });
  }
}
