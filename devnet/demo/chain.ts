import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../../lib/root.ts";
import { SheafError } from "../../protocol/errors.ts";

const HARDHAT = join(ROOT, "node_modules/hardhat/dist/src/cli.js");

/** A Hardhat node in a process of its own. */
export interface LocalNode {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a node on a free port of the loopback interface. Throws `CHAIN_START_FAILED`. */
export async function startNode(chainId: number): Promise<LocalNode> {
  const options = ["node", "--chain-id", String(chainId), "--hostname", "127.0.0.1", "--port", "0"];
  const child = spawn(process.execPath, [HARDHAT, ...options], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  // A process that ends by `process.exit` or an error takes its node with it.
  const kill = (): boolean => child.kill();
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    process.removeListener("exit", kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, "exit");
  };
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    const url = /Started .* at (http:\/\/[\d.:]+)/.exec(line)?.[1];
    if (url === undefined) continue;
    // Leaving the loop closed the reader; the node goes on printing.
    child.stdout.resume();
    return { url, stop };
  }
  throw new SheafError("CHAIN_START_FAILED", "the local chain's process ended before it listened");
}
