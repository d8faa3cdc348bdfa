import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { SheafError } from "../protocol/errors.ts";

/** The package's own starter is a second process, which a kill would leave without its child. */
const PROGRAM = `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}/bin/anvil`;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Foundry's development chain, in a process of its own. */
export interface AnvilProcess {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts Anvil, which ends with this process.
 *
 * @param args such as `--port 0`, `-n optimism`, `--block-time 1`
 * @throws SheafError ANVIL_UNAVAILABLE if it is not there, or does not start
 */
export async function startAnvil(args: readonly string[]): Promise<AnvilProcess> {
  const child = spawn(pathOfAnvil(), args, { stdio: ["ignore", "pipe", "pipe"] });
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
  const failed = once(child, "error").then(([error]) => void (output += String(error)));
  const address = await Promise.race([listening, failed, once(child, "close").then(() => undefined)]);
  if (address === undefined) {
    throw new SheafError("ANVIL_UNAVAILABLE", `anvil ${args.join(" ")} did not start: ${output.trim()}`);
  }
  return { url: `http://${address}`, close: () => ended(child) };
}

function pathOfAnvil(): string {
  try {
    return createRequire(import.meta.url).resolve(PROGRAM);
  } catch (cause) {
    throw new SheafError("ANVIL_UNAVAILABLE", `${PROGRAM} is not among the installed packages`, { cause });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}
