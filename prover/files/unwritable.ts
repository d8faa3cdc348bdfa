import { SheafError } from "../../protocol/errors.ts";

/** What the system says where something cannot be written. */
const REASONS: readonly unknown[] = [
  ...["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "EIO"],
];
/** Those that stand for nothing but that. */
const FULL: readonly unknown[] = REASONS.slice(0, 4);

/** An error of the disk with its code, `FILE_UNWRITABLE`; any other as it is. */
export function unwritable(path: string, error: unknown): unknown {
  if (error instanceof SheafError) return error;
  const reason = reasonIn(error, REASONS);
  return reason === undefined ? error : failure(path, reason, error);
}

/** The same for an error from whatever was done, far from where it was done: only if the disk is full, or takes nothing. */
export function diskFull(error: unknown): SheafError | undefined {
  const reason = reasonIn(error, FULL);
  const { path } = (error ?? {}) as NodeJS.ErrnoException;
  return reason === undefined ? undefined : failure(path ?? "the disk", reason, error);
}

const failure = (path: string, reason: string, cause: unknown): SheafError =>
  new SheafError("FILE_UNWRITABLE", `cannot write to ${path}: ${reason}`, { cause });

function reasonIn(error: unknown, reasons: readonly unknown[], depth = 5): string | undefined {
  if (typeof error !== "object" || error === null || depth === 0) return undefined;
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return reasons.includes(code) ? (code as string) : reasonIn(cause, reasons, depth - 1);
}
