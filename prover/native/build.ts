import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { errorText } from "../../lib/error-text.ts";
import { Memoised } from "../../lib/memoised.ts";
import { BUILD_FOLDER, ROOT } from "../../lib/root.ts";
import { SheafError } from "../../protocol/errors.ts";
import { ensureFolder, exists } from "../files/whole-files.ts";
import { compilationsOf, JOBS, LINK_FLAGS, type Compilation, type NativeTarget } from "./targets.ts";

const run = promisify(execFile);

const SOURCES = join(ROOT, "prover", "native");
const BUILD = join(BUILD_FOLDER, "native");

/** A C++ compiler: the command, and the version that it prints. */
interface Compiler {
  readonly command: string;
  readonly version: string;
}

const built = new Memoised(build);

/**
 * Path of a native executable, compiled if this content has not been: `build/native/<target>-<hash>/<target>`. The hash
 * covers sources, headers, flags, compiler and processor.
 *
 * Executables that are already there, in the folder that $SHEAF_NATIVE_FOLDER names, are taken instead.
 *
 * The compiler is $CXX, or the first of g++, clang++ and c++ that can be run.
 *
 * @throws SheafError NATIVE_UNAVAILABLE if there is no compiler, NATIVE_BUILD_FAILED with its message, or if the folder
 * cannot be written to
 */
export const ensureNative = (target: NativeTarget): Promise<string> => built.get(target);

async function build(target: NativeTarget): Promise<string> {
  const given = join(process.env["SHEAF_NATIVE_FOLDER"] ?? "", target);
  if (process.env["SHEAF_NATIVE_FOLDER"] && (await exists(given))) return given;
  const compiler = await findCompiler();
  return compile(target, compiler).catch((error: unknown) => {
    if (error instanceof SheafError) throw error;
    const reason = errorText(error);
    throw new SheafError("NATIVE_BUILD_FAILED", `${target} cannot be kept in ${BUILD}: ${reason}`, { cause: error });
  });
}

async function compile(target: NativeTarget, compiler: Compiler): Promise<string> {
  const compilations = compilationsOf(target, compiler.version);
  const objects = await Promise.all(compilations.map((compilation) => objectOf(compiler, compilation)));
  const digest = createHash("sha256").update(JSON.stringify([LINK_FLAGS, objects.map(({ path }) => path)]));
  const folder = join(BUILD, `${target}-${digest.digest("hex").slice(0, 16)}`);
  await ensureFolder(folder, async (draft) => {
    const waiting = [...objects];
    const work = async () => {
      for (let object = waiting.shift(); object !== undefined; object = waiting.shift())
        await ensureObject(compiler, object);
    };
    await Promise.all(Array.from({ length: JOBS }, work));
    await call(compiler, [...objects.map(({ path }) => path), ...LINK_FLAGS, "-o", join(draft, target)]);
  });
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

/** A compiled source file, which several executables may have in common: `build/native/objects/<name>-<hash>/<name>.o`. */
interface NativeObject extends Compilation {
  readonly path: string;
}

async function objectOf(compiler: Compiler, compilation: Compilation): Promise<NativeObject> {
  const hash = createHash("sha256").update(JSON.stringify([process.platform, process.arch, compiler, compilation]));
  const headers = (await readdir(SOURCES, { recursive: true })).filter((name) => name.endsWith(".hpp"));
  for (const name of [...headers.sort(), compilation.file]) {
    hash.update(`\0${name}\0`).update(await readFile(join(SOURCES, name)));
  }
  const name = basename(compilation.file, ".cpp");
  const folder = join(BUILD, "objects", `${name}-${hash.digest("hex").slice(0, 16)}`);
  return { ...compilation, path: join(folder, `${name}.o`) };
}

async function ensureObject(compiler: Compiler, { file, flags, path }: NativeObject): Promise<void> {
  await ensureFolder(dirname(path), (draft) =>
    call(compiler, [...flags, "-c", file, "-o", join(draft, basename(path))]),
  );
}

async function call({ command }: Compiler, args: readonly string[]): Promise<void> {
  await run(command, args, { cwd: SOURCES, maxBuffer: 1 << 26 }).catch((error: Error & { stderr?: string }) => {
    const reason = error.stderr?.trim() || error.message;
    throw new SheafError("NATIVE_BUILD_FAILED", `${command} ${args.join(" ")}:\n${reason}`, { cause: error });
  });
}
