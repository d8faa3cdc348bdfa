// Runs the native tests on builds that this machine's users do not get: with sanitizers, by clang, and for aarch64 under
// emulation. Says which variants the machine has no tools for. Usage: native-variants.ts [sanitizers|clang|aarch64]...
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../lib/root.ts";
import {
  compilationsOf,
  LINK_FLAGS,
  TARGETS,
  type Compilation,
  type NativeTarget,
} from "../../prover/native/targets.ts";

const SOURCES = join(ROOT, "prover", "native");
const run = promisify(execFile);

interface Variant {
  readonly compiler: string;
  readonly processor: NodeJS.Architecture;
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
  /** What runs the executables, if the machine itself cannot. */
  readonly runner?: string;
}

const TESTS = [
  "native/arithmetic",
  "backends/native",
  "native/process",
  "setup/native",
  "witness/witness",
  "witness/code",
];
// No -g: GCC 12's tracking of variables takes minutes on the kernels.
const SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const VARIANTS: Readonly<Record<string, Variant>> = {
  sanitizers: {
    compiler: process.env["CXX"] ?? "g++",
    processor: process.arch,
    flags: ["-O1", "-g0", ...SANITIZE],
    linkFlags: SANITIZE,
  },
  clang: { compiler: "clang++", processor: process.arch, flags: [], linkFlags: [] },
  aarch64: {
    compiler: "aarch64-linux-gnu-g++",
    processor: "arm64",
    flags: [],
    linkFlags: ["-static"],
    runner: "qemu-aarch64",
  },
};

const wanted = process.argv.slice(2);
for (const [name, variant] of Object.entries(VARIANTS)) {
  if (wanted.length === 0 || wanted.includes(name)) await test(name, variant);
}

async function test(name: string, variant: Variant): Promise<void> {
  const version = versionOf(variant.compiler);
  const tools = [variant.compiler, ...(variant.runner ? [variant.runner] : [])];
  const missing = tools.filter((tool) => versionOf(tool) === undefined);
  if (version === undefined || missing.length > 0) {
    process.stdout.write(`${name}: not run, there is no ${missing.join(" and no ")}\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), `sheaf-${name}-`));
  try {
    for (const target of Object.keys(TARGETS) as NativeTarget[]) await build(folder, target, variant, version);
    process.stdout.write(`${name}: built\n`);
    const { status } = spawnSync(
      process.execPath,
      [
        join(ROOT, "node_modules", "mocha", "bin", "mocha.js"),
        ...["--no-config", "--require", "./test/support/seed.ts", "--exit", "--timeout", "1200000"],
        ...TESTS.map((name) => join(ROOT, "test", "prover", `${name}.test.ts`)),
      ],
      { cwd: ROOT, stdio: "inherit", env: { ...process.env, SHEAF_NATIVE_FOLDER: folder, SHEAF_LONG: "" } },
    );
    if (status !== 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first line that a tool prints of its version; `undefined` if it cannot be run. */
function versionOf(tool: string): string | undefined {
  const { status, stdout } = spawnSync(tool, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0]! : undefined;
}

async function build(folder: string, target: NativeTarget, variant: Variant, version: string): Promise<void> {
  const objects: string[] = [];
  const waiting: Compilation[] = compilationsOf(target, version, variant.processor);
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const object = join(folder, `${basename(next.file, ".cpp")}.o`);
      objects.push(object);
      if (existsSync(object)) continue; // another target has it too
      await run(variant.compiler, [...next.flags, ...variant.flags, "-c", next.file, "-o", object], { cwd: SOURCES });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const executable = join(folder, variant.runner ? `${target}.bin` : target);
  execFileSync(variant.compiler, [...objects, ...LINK_FLAGS, ...variant.linkFlags, "-o", executable]);
  if (variant.runner) {
    writeFileSync(join(folder, target), `#!/bin/sh\nexec ${variant.runner} ${executable} "$@"\n`);
    chmodSync(join(folder, target), 0o755);
  }
}
