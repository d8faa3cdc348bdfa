import { availableParallelism } from "node:os";

/** A source file, and the flags that it needs besides `FLAGS`, by processor. A file with flags only for one is left out on others. */
export interface Source {
  readonly file: string;
  readonly flags?: Readonly<Partial<Record<NodeJS.Architecture, readonly string[]>>>;
}

const FLAGS = ["-std=c++20", "-O3", "-Wall", "-Wextra", "-pthread"] as const;

const COMMON: readonly Source[] = [{ file: "parallel.cpp" }, { file: "file.cpp" }];

/** The executables: the sources of each, in this folder. Headers are found by themselves. */
export const TARGETS = {
  "sheaf-prover": [...COMMON, { file: "prover-main.cpp" }],
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
