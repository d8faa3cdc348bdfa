import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { basename } from "node:path";
import type { Readable, Writable } from "node:stream";
import { errorText } from "../../lib/error-text.ts";
import { ERRORS, SheafError, type ErrorCode } from "../../protocol/errors.ts";

/** A native executable that runs, with pipes to its standard streams; none from its output if that goes to a file. */
export type NativeChild = ChildProcessByStdio<Writable, Readable | null, Readable>;

/** How a process ended. */
export interface End {
  readonly succeeded: boolean;
  /** Such as "signal SIGKILL", or why it did not start; then what it wrote to its standard error last. */
  readonly how: string;
  /** The error that it reported, if it could. */
  readonly reported?: SheafError | undefined;
}

export interface NativeProcess {
  readonly child: NativeChild;
  readonly ended: Promise<End>;
}

const STDERR_TAIL = 4_000;

interface StartOptions {
  /** Descriptor of a file for its standard output. */
  readonly stdout?: number;
  /** Variables besides this process'. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Starts a native executable, in a process group of its own: an interrupt from the terminal is for this process, which
 * may want to finish its work first. When this process ends, the pipes do, and the executable with them.
 *
 * @throws SheafError NATIVE_CRASHED if the system lacks what a process takes, such as memory or file descriptors, or
 * cannot run the file
 */
export function startProcess(
  executable: string,
  args: readonly string[],
  { stdout, environment = {} }: StartOptions = {},
): NativeProcess {
  const failure = (reason: string): SheafError =>
    new SheafError("NATIVE_CRASHED", `${basename(executable)} cannot be started: ${reason}`);
  let child: ChildProcess;
  try {
    const env = { ...process.env, ...environment };
    child = spawn(executable, args, { stdio: ["pipe", stdout ?? "pipe", "pipe"], env, detached: true });
  } catch (error) {
    throw failure(errorText(error));
  }
  let stderr = "";
  const ended = new Promise<End>((done) => {
    const end = (how: string, succeeded = false): void =>
      done({ succeeded, how: `${how} ${stderr}`.trim(), reported: reportedError(stderr) });
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`, code === 0));
  });
  // Node makes no pipes when there are no descriptors left for them.
  if (!child.stdin || !child.stderr) throw failure("too many open files");
  child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-STDERR_TAIL)));
  // It may fail before it has read all; how it ended says more.
  child.stdin.on("error", () => undefined);
  return { child: child as NativeChild, ended };
}

/** Each executable reports its failure in one line, its last. */
function reportedError(stderr: string): SheafError | undefined {
  try {
    const { error, message } = JSON.parse(stderr.trim().split("\n").at(-1)!) as { error?: unknown; message?: unknown };
    return typeof error === "string" ? nativeError(error, String(message)) : undefined;
  } catch {
    return undefined;
  }
}

/** The error that a native executable reports by its code. */
export function nativeError(code: string, message: string): SheafError {
  return Object.hasOwn(ERRORS, code)
    ? new SheafError(code as ErrorCode, message)
    : new SheafError("UNEXPECTED", `${code}: ${message}`);
}
