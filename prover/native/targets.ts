import { availableParallelism } from "node:os";

/** A source file, and the flags that it needs besides `FLAGS`, by processor. A file with flags only for one is left out on others. */
export interface Source {
  readonly file: string;
  readonly flags?: Readonly<Partial<Record<NodeJS.Architecture, readonly string[]>>>;
}

// GCC 12 takes concatenations of std::string for overlapping copies.
const FLAGS: readonly string[] = ["-std=c++20", "-O3", "-Wall", "-Wextra", "-Wno-restrict", "-pthread"];

const ADX = ["-mbmi2", "-madx"];
const IFMA = [
  ...ADX,
  ...["f", "dq", "vl", "ifma", "vbmi2"].map((extension) => `-mavx512${extension}`),
  // GCC's own intrinsics use variables that are not set.
  "-Wno-uninitialized",
  "-Wno-maybe-uninitialized",
];

const COMMON: readonly Source[] = [{ file: "parallel.cpp" }, { file: "file.cpp" }];

/** Sums of points and transforms, with the inner loops for each kind of processor. */
const KERNELS: readonly Source[] = [
  ...["kernels-portable", "dispatch", "sums", "msm", "quotient"].map((name) => ({ file: `${name}.cpp` })),
  { file: "kernels-adx.cpp", flags: { x64: ADX } },
  { file: "kernels-ifma.cpp", flags: { x64: IFMA } },
];

/** The executables: the sources of each, in this folder. Headers are found by themselves. */
export const TARGETS = {
  "sheaf-prover": [...COMMON, ...KERNELS, ...["key", "prove", "prover-main"].map((name) => ({ file: `${name}.cpp` }))],
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

/** What to compile for a target on a processor. */
export function compilationsOf(target: NativeTarget, processor: NodeJS.Architecture = process.arch): Compilation[] {
  const sources: readonly Source[] = TARGETS[target];
  return sources.flatMap(({ file, flags }) => {
    if (flags === undefined) return [{ file, flags: FLAGS }];
    const own = flags[processor];
    return own === undefined ? [] : [{ file, flags: [...FLAGS, ...own] }];
  });
}

export const LINK_FLAGS = ["-pthread"] as const;

/** Compiler processes that run at the same time. */
export const JOBS = availableParallelism();
