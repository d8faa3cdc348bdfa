import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { SheafError } from "../../protocol/errors.ts";
import { ensureFolder } from "../cache.ts";
import { compilationsOf, JOBS, LINK_FLAGS, type Compilation, type NativeTarget } from "./targets.ts";

const run = promisify(execFile);

const SOURCES = import.meta.dirname;
const BUILD = resolve(SOURCES, "..", "..", "build", "native");

/** A C++ compiler: the command, and the version that it prints. */
interface Compiler {
  readonly command: string;
  readonly version: string;
}

const built = new Map<NativeTarget, Promise<string>>();

/**
 * Path of a native executable, compiled if this content has not been: `build/native/<target>-<hash>/<target>`. The hash
 * covers sources, headers, flags, compiler and processor.
 *
 * The compiler is $CXX, or the first of g++, clang++ and c++ that can be run.
 *
 * @throws SheafError NATIVE_UNAVAILABLE if there is no compiler, NATIVE_BUILD_FAILED with its message
 */
export function ensureNative(target: NativeTarget): Promise<string> {
  let path = built.get(target);
  if (path === undefined) {
    path = build(target);
    built.set(target, path);
    path.catch(() => built.delete(target));
  }
  return path;
}

async function build(target: NativeTarget): Promise<string> {
  const compiler = await findCompiler();
  const compilations = compilationsOf(target);
  const digest = await digestOf(compiler, compilations);
  const folder = join(BUILD, `${target}-${digest.slice(0, 16)}`);
  await ensureFolder(folder, (draft) => compileInto(draft, target, compiler, compilations));
  return join(folder, target);
}

async function findCompiler(): Promise<Compiler> {
  const candidates = process.env["CXX"] ? [process.env["CXX"]] : ["g++", "clang++", "c++"];
  for (const command of candidates) {
    const version = await run(command, ["--version"]).then(
      ({ stdout }) => stdout.split("\n")[0]!,
      () => undefined,
    );
    if (version !== undefined) return { command, version };
  }
  throw new SheafError("NATIVE_UNAVAILABLE", `there is no C++ compiler: ${candidates.join(", ")} cannot be run`);
}

async function digestOf(compiler: Compiler, compilations: readonly Compilation[]): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([process.platform, process.arch, compiler, compilations]));
  const headers = (await readdir(SOURCES)).filter((name) => name.endsWith(".hpp"));
  for (const name of [...headers, ...compilations.map(({ file }) => file)].sort()) {
    hash.update(`\0${name}\0`).update(await readFile(join(SOURCES, name)));
  }
  return hash.digest("hex");
}

async function compileInto(
  draft: string,
  target: string,
  { command }: Compiler,
  compilations: readonly Compilation[],
): Promise<void> {
  const call = (args: readonly string[]) =>
    run(command, args, { cwd: SOURCES, maxBuffer: 1 << 26 }).catch((error: Error & { stderr?: string }) => {
      const reason = error.stderr?.trim() || error.message;
      throw new SheafError("NATIVE_BUILD_FAILED", `${command} ${args.join(" ")}:\n${reason}`, { cause: error });
    });
  const objects = compilations.map(({ file }) => join(draft, `${basename(file, ".cpp")}.o`));
  const waiting = compilations.map(({ file, flags }, index) => [...flags, "-c", file, "-o", objects[index]!]);
  const work = async () => {
    for (let args = waiting.shift(); args !== undefined; args = waiting.shift()) await call(args);
  };
  await Promise.all(Array.from({ length: JOBS }, work));
  await call([...objects, ...LINK_FLAGS, "-o", join(draft, target)]);
}
