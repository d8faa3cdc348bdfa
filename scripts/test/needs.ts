import { resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { ROOT } from "../../lib/root.ts";
import { SheafError } from "../../protocol/errors.ts";
import { CONTRACTS, KEYS, NATIVE, type Step } from "./steps.ts";

/**
 * What must be built for files of tests: found in all that they import, and that these import.
 *
 * @param files absolute, or relative to the repository
 * @throws SheafError FILE_UNREADABLE if one is not there, or is not a program
 */
export async function needsOf(files: readonly string[]): Promise<readonly Step[]> {
  const metafile = await importsOf(files);
  const reached = Object.keys(metafile.inputs);
  const imports = (file: string, name: string): boolean =>
    metafile.inputs[file]!.imports.some(({ path }) => path === name);

  // A program that a test starts may need anything.
  if (reached.some((file) => file.startsWith("test/") && imports(file, "node:child_process"))) {
    return [NATIVE, KEYS, CONTRACTS];
  }
  const needsKeys = reached.includes("prover/artifacts/artifacts.ts");
  return [
    ...(needsKeys || reached.includes("prover/native/build.ts") ? [NATIVE] : []),
    ...(needsKeys ? [KEYS] : []),
    ...(reached.some((file) => imports(file, "hardhat")) ? [CONTRACTS] : []),
  ];
}

async function importsOf(files: readonly string[]): Promise<Metafile> {
  try {
    const { metafile } = await build({
      ...{ absWorkingDir: ROOT, entryPoints: files.map((file) => resolve(ROOT, file)), outdir: "nowhere" },
      ...{ bundle: true, write: false, metafile: true, platform: "node", format: "esm" },
      ...{ packages: "external", logLevel: "silent" },
    });
    return metafile;
  } catch (error) {
    throw new SheafError("FILE_UNREADABLE", `tests: ${(error as Error).message}`, { cause: error });
  }
}
