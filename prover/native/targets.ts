import { availableParallelism } from "node:os";

/** A source file, and the flags that it needs besides `FLAGS`, by processor. A file with
 * flags for some is left out on the others. */
export interface Source {
  readonly file: string;
  readonly flags?: Readonly<Partial<Record<NodeJS.Architecture, readonly string[]>>>;
}

// GCC 12 takes concatenations of std::string for overlapping copies.
const FLAGS: readonly string[] = ["-std=c++20", "-O3", "-Wall", "-Wextra", "-Wno-restrict", "-pthread", "-I."];

const MULX = ["-mbmi2", "-madx"];
/**
 * Numbers of 4 words are written word by word. GCC would copy them in halves with vector registers, and a load that
 * spans two stores waits until both have reached the cache.
 */
const SCALAR = ["-mgeneral-regs-only"];
const IFMA = [
  ...MULX,
  ...["f", "dq", "vl", "ifma", "vbmi2"].map((extension) => `-mavx512${extension}`),
  // GCC's own intrinsics use variables that are not set.
  "-Wno-uninitialized",
  "-Wno-maybe-uninitialized",
];

const COMMON: readonly Source[] = [{ file: "parallel.cpp" }, { file: "file.cpp" }];

/** Sums of points and transforms, with the inner loops for each kind of processor. */
const KERNELS: readonly Source[] = [
  ...["dispatch", "sums", "msm", "quotient"].map((name) => ({ file: `${name}.cpp` })),
  { file: "kernels-portable.cpp", flags: { x64: SCALAR, arm64: [] } },
  { file: "kernels-adx.cpp", flags: { x64: [...SCALAR, ...MULX] } },
  { file: "kernels-ifma.cpp", flags: { x64: IFMA } },
];

const SETUP: readonly Source[] = [
  ...COMMON,
  ...KERNELS,
  ...["r1cs", "qap", "key_writer", "development", "progress", "secrecy", "commands"].map((name) => ({
    file: `setup/${name}.cpp`,
  })),
];

/** The executables: the sources of each, in this folder. Headers are found by themselves. */
export const TARGETS = {
  "sheaf-prover": [...COMMON, ...KERNELS, ...["key", "prove", "prover-main"].map((name) => ({ file: `${name}.cpp` }))],
  // For tests: fields, curves, sums and transforms one by one.
  "sheaf-check": [...COMMON, ...KERNELS, { file: "check-main.cpp" }],
  "sheaf-setup": [
    ...SETUP,
    ...["terms", "range_sums", "powers_of_tau", "circuit_hash", "tau_differences", "first_key", "main"].map((name) => ({
      file: `setup/${name}.cpp`,
    })),
  ],
  // For tests: a key from given secrets, which sheaf-setup cannot make.
  "known-secrets": [...SETUP, { file: "../../test/prover/native/known-secrets.cpp" }],
  "sheaf-witness": [
    ...COMMON,
    ...["witness_plan", "witness_run", "witness-main"].map((name) => ({ file: `${name}.cpp` })),
  ],
} satisfies Record<string, readonly Source[]>;

export type NativeTarget = keyof typeof TARGETS;

/** One run of the compiler. */
export interface Compilation {
  readonly file: string;
  readonly flags: readonly string[];
}

/** Flags that are for GCC's ways alone. With the first of them clang takes no standard header that names a `long double`. */
const ONLY_GCC: ReadonlySet<string> = new Set([...SCALAR, "-Wno-restrict", "-Wno-maybe-uninitialized"]);

/** What to compile for a target on a processor, by a compiler that calls itself so (the first line of `--version`). */
export function compilationsOf(
  target: NativeTarget,
  compiler: string,
  processor: NodeJS.Architecture = process.arch,
): Compilation[] {
  const sources: readonly Source[] = TARGETS[target];
  const isKnown = (flag: string): boolean => !/clang/i.test(compiler) || !ONLY_GCC.has(flag);
  return sources.flatMap(({ file, flags }) => {
    const own = flags === undefined ? [] : flags[processor];
    return own === undefined ? [] : [{ file, flags: [...FLAGS, ...own].filter(isKnown) }];
  });
}

export const LINK_FLAGS = ["-pthread"] as const;

/** Compiler processes that run at the same time. */
export const JOBS = availableParallelism();
