import type { Command } from "commander";
import { addProverLoad } from "./support/prover-load.ts";
import { addProverServe } from "./support/prover-serve.ts";
import { addProverWorker } from "./support/prover-worker.ts";

export function define(prover: Command): void {
  addProverServe(prover);
  addProverWorker(prover);
  addProverLoad(prover);
}
