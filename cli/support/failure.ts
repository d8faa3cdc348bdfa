import { l1Failure } from "../../l1/failure.ts";
import { reasonOf } from "../../l1/reason.ts";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { diskFull } from "../../prover/files/unwritable.ts";

/** What any error is to the user: one of Sheaf's, whoever raised it. What nobody foresaw is `UNEXPECTED`. */
export function coded(error: unknown): SheafError {
  if (error instanceof SheafError) return error;
  const system = diskFull(error) ?? fileError(error);
  if (system !== undefined) return system;
  const isOfEthers = error instanceof Error && "shortMessage" in error;
  const failure = isOfEthers ? l1Failure("L1", error) : undefined;
  if (failure !== undefined && failure.code !== "L1_FAILED") return failure;
  return new SheafError("UNEXPECTED", reasonOf(error), { cause: error });
}

const READING: readonly unknown[] = ["open", "read", "stat", "lstat", "scandir", "access", "readlink"];
const WRITING: readonly unknown[] = [
  "write",
  "mkdir",
  "mkdtemp",
  "rename",
  "copyfile",
  "link",
  "unlink",
  "rmdir",
  "rm",
];

/** An error of a call to the system about a file. */
function fileError(cause: unknown): SheafError | undefined {
  const { syscall, path, message } = (cause ?? {}) as NodeJS.ErrnoException;
  if (path === undefined) return undefined;
  const code: ErrorCode | undefined = WRITING.includes(syscall)
    ? "FILE_UNWRITABLE"
    : READING.includes(syscall)
      ? "FILE_UNREADABLE"
      : undefined;
  return code && new SheafError(code, message, { cause });
}

/** An error for the terminal: its code, what happened and why, what to do; with `debug` the stacks of it and its causes. */
export function describeError(error: SheafError, debug: boolean): readonly string[] {
  // Whatever a message's later lines look like, they are its own.
  const [first, ...more] = error.message.split("\n");
  return [
    `error ${error.code}: ${first}`,
    ...more.map((line) => `  | ${line}`),
    `  what to do: ${error.fix}`,
    ...(debug ? stacks(error) : []),
  ];
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [...(error.stack ?? error.message).split("\n"), ...stacks(error.cause)];
}
