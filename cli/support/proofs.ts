import type { CircuitInput } from "../../protocol/witness.ts";
import { makeProver } from "../../prover/backends/make-prover.ts";
import type { SnarkjsKeys } from "../../prover/backends/snarkjs.ts";
import type { Groth16Proof } from "../../prover/prover.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";

/** Makes one proof, under a progress bar, with the fastest back end that works here. */
export function proofWith(label: string, keys: SnarkjsKeys, input: CircuitInput): Promise<Groth16Proof> {
  const work = async (): Promise<Groth16Proof> => {
    const prover = await makeProver(keys, { onNote: say });
    try {
      return (await prover.prove(input)).proof;
    } finally {
      await prover.close();
    }
  };
  return withProgress(label, work, { expectedSeconds: 20 });
}
