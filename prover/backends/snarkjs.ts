import { groth16, type Groth16Proof, type VerificationKey } from "snarkjs";
import { errorText } from "../../lib/error-text.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { proofSchema, publicSignalsSchema } from "../files/proof-format.ts";
import type { Proof, Prover, TimedProof, Witness } from "../prover.ts";
import { makeWitness, type WitnessGenerators } from "../witness/source.ts";
import { bySnarkjs } from "./by-snarkjs.ts";
import { curveOfSnarkjs, endCurveWorkers } from "./curve-workers.ts";

/** What the snarkjs back end needs: the witness generators, path of the proving key, and the verification key. */
export interface SnarkjsKeys extends WitnessGenerators {
  readonly zkey: string;
  readonly verificationKey: VerificationKey;
}

/** A prover that computes in this process, with snarkjs: slow, but it needs no compiler and runs everywhere. */
export function snarkjsProver({ zkey, verificationKey, ...generators }: SnarkjsKeys): Prover {
  const prover: Prover = {
    backend: "snarkjs",
    prove: async (input) => prover.proveWitness(await prover.witness(input)),
    witness: (input, signal) => makeWitness(input, generators, signal),
    async proveWitness(witness: Witness): Promise<TimedProof> {
      const start = performance.now();
      const made = await bySnarkjs(() => groth16.prove(zkey, witness.path))
        .catch((error: unknown) => {
          const reason = errorText(error);
          throw new SheafError("PROOF_INVALID", `no proof with ${zkey}: ${reason}`, { cause: error });
        })
        .finally(() => witness.discard());
      const proven = performance.now();
      if (!(await verifyProof(verificationKey, made))) {
        throw new SheafError("PROOF_INVALID", `a proof made with ${zkey} is wrong: the key is not this circuit's`);
      }
      const timings = { witness: witness.milliseconds, prove: proven - start, verify: performance.now() - proven };
      return { ...made, timings };
    },
    close: endCurveWorkers,
  };
  return prover;
}

/**
 * Whether a proof is right for its public signals, as strictly as L1's verifier. Anything that is not a proof, such as a
 * point that is not on the curve or a number that is not below its field's order, is wrong.
 */
export async function verifyProof(key: VerificationKey, { proof, publicSignals }: Proof): Promise<boolean> {
  // snarkjs would look for missing signals' points in the key, and ignore superfluous ones.
  if (publicSignals.length !== key.nPublic) return false;
  const isInForm = proofSchema.safeParse(proof).success && publicSignalsSchema.safeParse(publicSignals).success;
  return isInForm && (await isInSubgroup(proof)) && (await groth16.verify(key, publicSignals, proof));
}

/** The twist has more points than those that pairings are for. L1 refuses the others (EIP-197); snarkjs does not look. */
async function isInSubgroup({ pi_b }: Groth16Proof): Promise<boolean> {
  const { G2 } = await curveOfSnarkjs();
  const point = G2.fromObject(pi_b.map(([c0, c1]) => [BigInt(c0), BigInt(c1)] as const));
  return G2.isZero(G2.timesScalar(point, FIELD_ORDER));
}
