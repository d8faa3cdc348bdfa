// Runs the native tests on builds that users do not get: with sanitizers, and for aarch64 under emulation. Says which
// variants the machine has no tools for. Usage: native-variants.ts [sanitizers|aarch64]...
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { compilationsOf, LINK_FLAGS, type Compilation, type NativeTarget } from "../../prover/native/targets.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SOURCES = join(ROOT, "prover", "native");
const TESTED = ["sheaf-prover", "sheaf-check"] as const satisfies readonly NativeTarget[];
const run = promisify(execFile);

interface Variant {
  readonly compiler: string;
  readonly processor: NodeJS.Architecture;
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
  /** What runs the executables, if the machine itself cannot. */
  readonly runner?: string;
  readonly tests: readonly string[];
}

const TESTS = ["native.test.ts", "native-arithmetic.test.ts"];
// No -g: GCC 12's tracking of variables takes minutes on the kernels.
const SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const VARIANTS: Readonly<Record<string, Variant>> = {
  sanitizers: {
    compiler: process.env["CXX"] ?? "g++",
    processor: process.arch,
    flags: ["-O1", "-g0", ...SANITIZE],
    linkFlags: SANITIZE,
    tests: TESTS,
  },
  aarch64: {
    compiler: "aarch64-linux-gnu-g++",
    processor: "arm64",
    flags: [],
    linkFlags: ["-static"],
    runner: "qemu-aarch64",
    tests: TESTS,
  },
};

const wanted = process.argv.slice(2);
for (const [name, variant] of Object.entries(VARIANTS)) {
  if (wanted.length === 0 || wanted.includes(name)) await test(name, variant);
}

async function test(name: string, variant: Variant): Promise<void> {
  const missing = [variant.compiler, ...(variant.runner ? [variant.runner] : [])].filter((tool) => !isThere(tool));
  if (missing.length > 0) {
    process.stdout.write(`${name}: not run, there is no ${missing.join(" and no ")}\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), `sheaf-${name}-`));
  try {
    for (const target of TESTED) await build(folder, target, variant);
    process.stdout.write(`${name}: built\n`);
    const { status } = spawnSync(
      process.execPath,
      [
        join(ROOT, "node_modules", "mocha", "bin", "mocha.js"),
        ...["--no-config", "--require", "./test/support/seed.ts", "--exit", "--timeout", "1200000"],
        ...variant.tests.map((file) => join(ROOT, "test", "prover", file)),
      ],
      { cwd: ROOT, stdio: "inherit", env: { ...process.env, SHEAF_NATIVE_FOLDER: folder, SHEAF_LONG: "" } },
    );
    if (status !== 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isThere(tool: string): boolean {
  return spawnSync(tool, ["--version"]).status === 0;
}

async function build(folder: string, target: NativeTarget, variant: Variant): Promise<void> {
  const objects: string[] = [];
  const waiting: Compilation[] = compilationsOf(target, variant.processor);
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const object = join(folder, `${basename(next.file, ".cpp")}.o`);
      objects.push(object);
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
