import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DevRollup } from "../../devnet/run.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** `./sheaf dev` in a process group of its own, as a terminal starts it. */
export class DevProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #stdout = "";
  #stderr = "";

  /** @param temporary folder for temporary files */
  constructor(args: readonly string[], temporary: string) {
    const command = [join(ROOT, "cli/main.ts"), "dev", "--port", "0", "--l1-port", "0", "--json", ...args];
    const env = { ...process.env, TMPDIR: temporary };
    this.#child = spawn(process.execPath, command, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout!.on("data", (chunk: Buffer) => (this.#stdout += chunk.toString("utf8")));
    this.#child.stderr!.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString("utf8")));
    this.#ended = once(this.#child, "close").then(([code]) => code as number | null);
  }

  /** What it prints once all is there; numbers of tokens are texts. */
  async rollup(): Promise<Omit<DevRollup, "close">> {
    await this.#until(() => this.#stdout.endsWith("}\n"));
    return JSON.parse(this.#stdout) as DevRollup;
  }

  /** Waits until it says something of what it does. */
  progress(text: string): Promise<void> {
    return this.#until(() => this.#stderr.includes(text));
  }

  /** All that it has said beside the result: its progress, then its log. */
  get log(): string {
    return this.#stderr;
  }

  /** Ctrl-C: the terminal tells the whole group. Returns the exit code. */
  interrupt(): Promise<number | null> {
    if (this.isThere) process.kill(-this.#child.pid!, "SIGINT");
    return this.#ended;
  }

  /** Whether any process of the group is left. */
  get isThere(): boolean {
    try {
      return process.kill(-this.#child.pid!, 0);
    } catch {
      return false;
    }
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const ended = await Promise.race([this.#ended, sleep(100)]);
      if (ended !== undefined) throw new Error(`./sheaf dev ended with ${ended}:\n${this.#stderr}`);
    }
  }
}
