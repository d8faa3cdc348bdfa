import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

const MAIN = join(resolve(import.meta.dirname, "../../.."), "cli", "main.ts");

/** Milliseconds that a command may take for what a test waits for: less than the tests' own limit, which tells nothing. */
const PATIENCE = 100_000;

/** A command that runs until it is stopped, as `./sheaf` starts it. */
export class RunningCommand {
  readonly child: ChildProcess;
  /** What it has written on stderr so far. */
  stderr = "";

  constructor(args: readonly string[], env = process.env) {
    const flags = ["--disable-warning=ExperimentalWarning", MAIN, ...args];
    this.child = spawn(process.execPath, flags, { env, stdio: ["ignore", "ignore", "pipe"] });
    this.child.stderr!.on("data", (chunk: Buffer) => (this.stderr += chunk.toString("utf8")));
  }

  /** Waits until stderr matches; returns the first group. Throws if the command ends before, or does not say it in time. */
  async said(pattern: RegExp, patience = PATIENCE): Promise<string> {
    const signal = AbortSignal.timeout(patience);
    for (;;) {
      const found = pattern.exec(this.stderr);
      if (found !== null) return found[1] ?? "";
      if (this.hasEnded) throw new Error(`the command ended: ${this.stderr}`);
      if (signal.aborted) throw new Error(`the command has not said ${pattern} in ${patience} ms, but: ${this.stderr}`);
      const more = [once(this.child.stderr!, "data", { signal }), once(this.child, "close", { signal })];
      await Promise.race(more.map((event) => event.catch(() => undefined)));
    }
  }

  /** Sends a signal and waits for the end, as `ended`. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.ended();
  }

  /** Waits for the end. Returns the exit code, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    if (!this.hasEnded) await once(this.child, "close");
    return this.child.exitCode ?? this.child.signalCode;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
