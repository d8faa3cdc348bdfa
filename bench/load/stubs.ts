import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import type { Prover, TimedProof } from "../../prover/prover.ts";
import { joinFleet } from "../../prover/service/join.ts";

export interface StubOptions {
  readonly queue: string;
  readonly workers: number;
  readonly milliseconds: number;
  /** With a right proof in `proof.json`; the workers put there the files that they fetch. */
  readonly folder: string;
}

/** Workers that hand in the same proof after a known time: all that a worker does, but to prove. */
async function run({ queue, workers, milliseconds, folder }: StubOptions): Promise<void> {
  const made = JSON.parse(await readFile(join(folder, "proof.json"), "utf8")) as TimedProof;
  const stub: Prover = {
    backend: "snarkjs",
    prove: async (input) => stub.proveWitness(await stub.witness(input)),
    witness: async () => ({ path: "", by: "circom", milliseconds: 0, discard: async () => undefined }),
    proveWitness: () => sleep(milliseconds, made),
    close: async () => undefined,
  };
  const log = pino({ level: "silent" });
  const { signal } = new AbortController();
  const names = Array.from({ length: workers }, (_, n) => `stub ${n}`);
  await Promise.all(
    names.map((name) =>
      joinFleet({ queue, name, cache: join(folder, name), log, signal, makeProver: async () => stub }),
    ),
  );
}

await run(JSON.parse(process.argv[2]!) as StubOptions);
