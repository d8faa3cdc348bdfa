import type { Command } from "commander";
import { addProverLoad } from "./support/prover-load.ts";
import { addProverServe } from "./support/prover-serve.ts";
import { addProverWorker } from "./support/prover-worker.ts";

export function addProver(program: Command): void {
  const prover = program
    .command("prover")
    .description("proofs as a service: a coordinator, and workers on any machine");
  addProverServe(prover);
  addProverWorker(prover);
  addProverLoad(prover);
}
