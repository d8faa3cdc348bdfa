import { spawn } from "node:child_process";
import { mkdir, realpath, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, parse } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { SheafError } from "../../protocol/errors.ts";

const require = createRequire(import.meta.url);
const CIRCOM = require.resolve("circom2/cli.js");

/** Folders that `include` of a package's file, such as "circomlib/circuits/…", is looked up in. */
export const DEFAULT_INCLUDES: readonly string[] = [dirname(dirname(require.resolve("circomlib/package.json")))];

export interface CompileOptions {
  /** Path of the file with the main component. */
  readonly source: string;
  /** Folder for the results; made if it does not exist. */
  readonly outDir: string;
  /** Folders searched for includes besides the source's own. Default: `DEFAULT_INCLUDES`. */
  readonly includes?: readonly string[];
  /** Circom's simplification level. `--O1` is Sheaf's: `--O2` merges linear layers into dense constraints. */
  readonly optimization?: "O0" | "O1" | "O2";
  /** Whether to write the witness generator as C++ too. Default: false. */
  readonly cpp?: boolean;
}

/** Paths of what the compiler wrote. */
export interface CompiledCircuit {
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym: string;
  /** The witness generator as C++, and its tables; if asked for. */
  readonly cpp?: { readonly source: string; readonly data: string };
}

/** In the words of the system or of circom's WASI. */
const NO_SPACE = /ENOSPC|no space left|EDQUOT|disk quota/i;

/**
 * Compiles a circuit with circom 2 (the `circom2` package: circom's compiler as WASM).
 *
 * It runs as a child process: in process it can write nothing without reporting it, and it would hold up everything
 * else. Old results are removed first, so that they are never taken for new ones.
 *
 * @throws SheafError FILE_UNWRITABLE, CIRCUIT_COMPILE_FAILED with the compiler's message
 */
export async function compileCircuit(options: CompileOptions): Promise<CompiledCircuit> {
  const { source, outDir, includes = DEFAULT_INCLUDES, optimization = "O1", cpp = false } = options;
  const name = basename(source, ".circom");
  const output = {
    r1cs: join(outDir, `${name}.r1cs`),
    wasm: join(outDir, `${name}_js`, `${name}.wasm`),
    sym: join(outDir, `${name}.sym`),
  };
  const cppFiles = {
    source: join(outDir, `${name}_cpp`, `${name}.cpp`),
    data: join(outDir, `${name}_cpp`, `${name}.dat`),
  };
  const paths = [...Object.values(output), ...(cpp ? Object.values(cppFiles) : [])];
  await mkdir(outDir, { recursive: true });
  for (const path of paths) await rm(path, { force: true });

  const folders = await Promise.all(includes.map((folder) => realpath(folder)));
  const { code, text } = await runCircom([
    await realpath(source),
    "--r1cs",
    "--wasm",
    "--sym",
    ...(cpp ? ["--c"] : []),
    `--${optimization}`,
    "-o",
    await realpath(outDir),
    ...folders.flatMap((folder) => ["-l", folder]),
  ]);
  if (NO_SPACE.test(text)) throw new SheafError("FILE_UNWRITABLE", `circom cannot write to ${outDir}:\n${text}`);
  if (code !== 0) throw new SheafError("CIRCUIT_COMPILE_FAILED", `circom could not compile ${source}:\n${text}`);
  for (const path of paths) {
    const size = await stat(path).then(
      (file) => file.size,
      () => 0,
    );
    if (size === 0) throw new SheafError("CIRCUIT_COMPILE_FAILED", `circom did not write ${path}:\n${text}`);
  }
  return cpp ? { ...output, cpp: cppFiles } : output;
}

/**
 * Runs the compiler in the root folder: being WASM it reads and writes nothing outside of its working folder, and a
 * package manager may put its includes anywhere.
 */
function runCircom(args: string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((done, fail) => {
    const cwd = parse(CIRCOM).root;
    const child = spawn(process.execPath, [CIRCOM, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", fail);
    child.on("close", (code) => {
      done({ code, text: stripVTControlCharacters(Buffer.concat(chunks).toString("utf8")).trim() });
    });
  });
}
