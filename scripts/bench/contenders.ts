import { fork, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childrenCpu, cpuOf, peakOf } from "../../bench/process-usage.ts";
import { SheafError } from "../../protocol/errors.ts";
import { ensureNative } from "../../prover/native/build.ts";
import { NativeService } from "../../prover/native/service.ts";
import type { Case } from "./cases.ts";

/** One proof: milliseconds on the clock and of the processor, and bytes in memory at most. */
export interface Measurement {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
  readonly phases?: Readonly<Record<string, number>>;
}

/** What makes proofs to be compared. */
export interface Contender {
  readonly name: string;
  measure(of: Case): Promise<Measurement>;
  close(): Promise<void>;
}

/** The native service, its key loaded. A process for each case, so that peaks are the case's own. */
export async function nativeContender(): Promise<Contender> {
  const executable = await ensureNative("sheaf-prover");
  let service: NativeService | undefined;
  let loaded: string | undefined;
  return {
    name: "native",
    async measure({ zkey, witness }) {
      if (loaded !== zkey) {
        await service?.close();
        service = new NativeService(executable);
        await service.load(zkey);
        loaded = zkey;
      }
      const { pid } = service!;
      const before = { cpu: await cpuOf(pid!), time: performance.now() };
      const { phases, peakBytes } = await service!.prove(zkey, witness);
      const ms = performance.now() - before.time;
      return { ms, cpuMs: (await cpuOf(pid!)) - before.cpu, peakBytes, phases };
    },
    close: async () => service?.close(),
  };
}

/** snarkjs in a process of its own that has made a proof before: its start is not measured. */
export function snarkjsContender(): Contender {
  let child: ChildProcess | undefined;
  let loaded: string | undefined;
  const ask = (request: object): Promise<{ ms: number }> =>
    new Promise((done, fail) => {
      child!.once("message", done);
      child!.once("exit", (code) => fail(new SheafError("UNEXPECTED", `snarkjs ended with exit code ${code}`)));
      child!.send(request);
    });
  const close = async () => {
    child?.removeAllListeners();
    child?.kill();
    child = undefined;
  };
  return {
    name: "snarkjs",
    async measure({ zkey, witness }) {
      if (loaded !== zkey) {
        await close();
        child = fork(join(import.meta.dirname, "snarkjs-child.ts"), {
          execArgv: ["--disable-warning=ExperimentalWarning"],
        });
        loaded = zkey;
      }
      const pid = child!.pid!;
      const before = await cpuOf(pid);
      const { ms } = await ask({ zkey, witness });
      return { ms, cpuMs: (await cpuOf(pid)) - before, peakBytes: await peakOf(pid) };
    },
    close,
  };
}

/** A command with {zkey}, {wtns}, {proof} and {public} in it, run through the shell for each proof. */
export function commandContender(name: string, command: string): Contender {
  return {
    name,
    async measure({ zkey, witness }) {
      const folder = await mkdtemp(join(tmpdir(), "sheaf-bench-"));
      try {
        const paths = { zkey, wtns: witness, proof: join(folder, "proof.json"), public: join(folder, "public.json") };
        const filled = command.replace(/\{(zkey|wtns|proof|public)\}/g, (_, key: keyof typeof paths) =>
          quoted(paths[key]),
        );
        const before = { cpu: await childrenCpu(), time: performance.now() };
        const peakBytes = await runCommand(filled);
        const ms = performance.now() - before.time;
        const cpuMs = (await childrenCpu()) - before.cpu;
        JSON.parse(await readFile(paths.proof, "utf8"));
        return { ms, cpuMs, peakBytes };
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    close: async () => undefined,
  };
}

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

/** Runs a command; the bytes that its process had in memory at most, as often as it was looked at. */
function runCommand(command: string): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn("/bin/sh", ["-c", `exec ${command}`], { stdio: ["ignore", "ignore", "inherit"] });
    let peak = 0;
    const timer = setInterval(() => void peakOf(child.pid!).then((bytes) => (peak = Math.max(peak, bytes))), 10);
    child.on("error", fail);
    child.on("close", (code) => {
      clearInterval(timer);
      if (code === 0) done(peak);
      else fail(new SheafError("UNEXPECTED", `exit code ${code} of: ${command}`));
    });
  });
}
