import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

/** The package's own starter is a second process, which a kill would leave without its child. */
const PROGRAM = createRequire(import.meta.url).resolve(
  `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}/bin/anvil`,
);

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Foundry's development chain: a client that is not Hardhat's, in a process of its own on a free port. */
export class Anvil {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param args such as `-n optimism`, `--block-time 1`, `--hardfork london` */
  static async start(...args: readonly string[]): Promise<Anvil> {
    const child = spawn(PROGRAM, ["--port", "0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    child.once("close", () => running.delete(child));
    let output = "";
    const listening = new Promise<string>((done) => {
      const read = (chunk: Buffer): void => {
        output += chunk.toString("utf8");
        const address = /^Listening on (\S+)$/m.exec(output)?.[1];
        if (address !== undefined) done(address);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
    });
    const address = await Promise.race([listening, once(child, "close").then(() => undefined)]);
    if (address === undefined) throw new Error(`anvil ${args.join(" ")} did not start:\n${output}`);
    return new Anvil(child, `http://${address}`);
  }

  /** One JSON-RPC call, such as `anvil_setCode`. */
  async call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const answer = await (await fetch(this.url, { method: "POST", headers, body })).json();
    const { result, error } = answer as { readonly result?: unknown; readonly error?: { readonly message: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }
}
