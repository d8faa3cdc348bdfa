import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { SheafError } from "../../protocol/errors.ts";
import { compileCircuit, DEFAULT_INCLUDES, type CompiledCircuit } from "../files/compile.ts";
import { readR1cs, type R1csCounts } from "../files/r1cs.ts";
import { checkFiles, ensureFolder, exists, MANIFEST, readManifest, sha256File, toJson } from "../files/whole-files.ts";
import { domainPowerOf } from "../setup/key-layout.ts";
import { makePlan, PLAN, writePlan } from "../witness/plan.ts";

/** A circuit to compile. */
export interface CircuitSource {
  readonly name: string;
  /** The file with the main component. */
  readonly main: string;
  /** Folders searched for its includes, besides those of the packages. */
  readonly includes: readonly string[];
}

/** Size of a circuit. A proof takes time with the domain (2^domainPower) and with the non-zeros. */
export interface CircuitCounts extends R1csCounts {
  readonly domainPower: number;
}

/** A compiled circuit: paths of its files. */
export interface CircuitArtifacts {
  readonly name: string;
  readonly folder: string;
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym: string;
  /** What the native witness generator follows; `undefined` if there is no plan for this circuit. */
  readonly plan: string | undefined;
  /** SHA-256 of the R1CS: what a key belongs to. */
  readonly hash: string;
  readonly counts: CircuitCounts;
}

interface CircuitManifest {
  readonly name: string;
  readonly compiler: string;
  readonly sources: string;
  readonly counts: CircuitCounts;
  readonly files: Readonly<Record<string, string>>;
  /** Why the circuit has no plan, if it has none. */
  readonly unplanned?: string;
}

const FILES = ["circuit.r1cs", "circuit.wasm", "circuit.sym"] as const;
const PLAN_FILE = "circuit.plan";

/** What makes the files: the compiler with the options that `compileCircuit` gives it, and the planner. */
const COMPILER = `circom2 ${String((createRequire(import.meta.url)("circom2/package.json") as { version: string }).version)} --O1, plans ${PLAN.version}`;

/**
 * Compiles a circuit once for each content of its sources, into `<folder>/<name>-<hash>`.
 *
 * @throws SheafError CIRCUIT_COMPILE_FAILED, or ARTIFACT_CORRUPT if a cached file has been changed
 */
export async function ensureCompiled(source: CircuitSource, folder: string): Promise<CircuitArtifacts> {
  const sources = await digestOf(source);
  const target = join(folder, `${source.name}-${sources.slice(0, 16)}`);
  await ensureFolder(target, (draft) => compileInto(draft, source, sources));
  const manifest = await readManifest<CircuitManifest>(target);
  const files = (manifest as Partial<CircuitManifest>).files ?? {};
  if (manifest.sources !== sources || FILES.some((name) => files[name] === undefined)) {
    throw new SheafError("ARTIFACT_CORRUPT", `${join(target, MANIFEST)} belongs to other sources`);
  }
  await checkFiles(target, manifest.files);
  const [r1cs, wasm, sym] = FILES.map((name) => join(target, name)) as [string, string, string];
  return {
    name: source.name,
    folder: target,
    ...{ r1cs, wasm, sym },
    plan: manifest.files[PLAN_FILE] === undefined ? undefined : join(target, PLAN_FILE),
    hash: manifest.files["circuit.r1cs"]!,
    counts: manifest.counts,
  };
}

async function compileInto(draft: string, source: CircuitSource, sources: string): Promise<void> {
  const main = join(draft, "circuit.circom");
  await writeFile(main, source.main);
  const includes = [...source.includes, ...DEFAULT_INCLUDES];
  const output = await compileCircuit({ source: main, outDir: draft, includes, cpp: true });
  await rename(output.wasm, join(draft, "circuit.wasm"));
  await rm(dirname(output.wasm), { recursive: true });
  const unplanned = await planInto(join(draft, PLAN_FILE), output.cpp!);
  const { constraints, wires, nonZeros, outputs, publicInputs, privateInputs } = await readR1cs(output.r1cs);
  const domainPower = domainPowerOf(constraints, outputs + publicInputs);
  const names = unplanned === undefined ? [...FILES, PLAN_FILE] : FILES;
  const files = await Promise.all(names.map(async (name) => [name, await sha256File(join(draft, name))] as const));
  const manifest: CircuitManifest = {
    name: source.name,
    compiler: COMPILER,
    sources,
    counts: { constraints, wires, nonZeros, outputs, publicInputs, privateInputs, domainPower },
    files: Object.fromEntries(files),
    ...(unplanned === undefined ? {} : { unplanned }),
  };
  await writeFile(join(draft, MANIFEST), toJson(manifest));
}

/** Turns circom's C++ output into a plan. Returns why there can be none. */
async function planInto(
  path: string,
  { source, data }: NonNullable<CompiledCircuit["cpp"]>,
): Promise<string | undefined> {
  try {
    await writePlan(path, makePlan(await readFile(source, "utf8"), await readFile(data)));
    return undefined;
  } catch (error) {
    if (error instanceof SheafError && error.code === "CIRCUIT_UNPLANNED") return `${error.code}: ${error.message}`;
    throw error;
  } finally {
    await rm(dirname(source), { recursive: true });
  }
}

/** A digest of everything that a compiled circuit depends on: compiler, main component, each file that it includes. */
export async function digestOf({ main, includes }: CircuitSource): Promise<string> {
  const folders = [...includes, ...DEFAULT_INCLUDES].map((folder) => resolve(folder));
  const contents = new Map<string, string>();
  const collect = async (source: string, from: readonly string[]): Promise<void> => {
    for (const [, name] of source.matchAll(/^\s*include\s+"(.+?)"/gm)) {
      const path = await firstExisting(from.map((folder) => join(folder, name!)));
      if (path === undefined || contents.has(path)) continue; // circom reports a missing file better
      const content = await readFile(path, "utf8");
      contents.set(path, content);
      await collect(content, [dirname(path), ...folders]);
    }
  };
  await collect(main, folders);
  const hash = createHash("sha256").update(JSON.stringify([COMPILER, main]));
  // Paths differ between machines and do not matter; the order of the contents must not depend on them.
  for (const content of [...contents.values()].sort()) hash.update(`\0${content}`);
  return hash.digest("hex");
}

async function firstExisting(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}
