import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { snarkjsProver } from "../../../prover/backends/snarkjs.ts";
import type { Prover, TimedProof } from "../../../prover/prover.ts";
import { joinFleet } from "../../../prover/service/join.ts";

/** How a worker process of a test behaves. */
export interface Behaviour {
  readonly queue: string;
  readonly name: string;
  readonly cache: string;
  /**
   * `honest` makes real proofs; `stub` hands in the proof of a file after a time; `hung` never hands anything in, and
   * reports all the while.
   */
  readonly kind: "honest" | "stub" | "hung";
  readonly milliseconds?: number;
  readonly proof?: string;
  readonly deadlineMs?: number;
}

/** Joins a fleet as told, in this process. */
export async function behave(behaviour: Behaviour, signal: AbortSignal): Promise<void> {
  const { queue, name, cache, kind, milliseconds = 0, deadlineMs } = behaviour;
  const proof = behaviour.proof && (JSON.parse(await readFile(behaviour.proof, "utf8")) as TimedProof);
  const stub: Prover = {
    backend: "snarkjs",
    prove: async (input) => stub.proveWitness(await stub.witness(input)),
    witness: async () => ({ path: "", by: "circom", milliseconds: 0, discard: async () => undefined }),
    proveWitness: async () => {
      await sleep(kind === "hung" ? 2 ** 30 : milliseconds, undefined, { ref: kind !== "hung" });
      return proof as TimedProof;
    },
    close: async () => undefined,
  };
  await joinFleet({
    ...{ queue, name, cache, deadlineMs, signal },
    makeProver: async ({ verificationKey }, paths) =>
      kind === "honest" ? snarkjsProver({ ...paths, verificationKey }) : stub,
    log: pino({ level: process.env["SHEAF_TEST_LOG"] ?? "silent" }, pino.destination(2)),
  });
}

// As a process of its own, which a test can kill.
if (process.argv[1] === import.meta.filename) {
  await behave(JSON.parse(process.argv[2]!) as Behaviour, new AbortController().signal);
}
