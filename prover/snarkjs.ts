import { groth16, wtns, type VerificationKey } from "snarkjs";
import { SheafError } from "../protocol/errors.ts";
import { endCurveWorkers } from "./curve.ts";
import type { Proof, Prover, TimedProof, WitnessInput } from "./prover.ts";

/** What the snarkjs back end needs: paths of the witness generator and of the proving key, and the verification key. */
export interface SnarkjsKeys {
  readonly wasm: string;
  readonly zkey: string;
  readonly verificationKey: VerificationKey;
}

/** A file that snarkjs holds in memory. */
export interface MemoryFile {
  readonly type: "mem";
  readonly data: Uint8Array;
}

/** A prover that computes in this process, with snarkjs: slow, but it needs no compiler and runs everywhere. */
export function snarkjsProver({ wasm, zkey, verificationKey }: SnarkjsKeys): Prover {
  return {
    backend: "snarkjs",
    async prove(input: WitnessInput): Promise<TimedProof> {
      const start = performance.now();
      const witness = await computeWitness(input, wasm);
      const witnessed = performance.now();
      const made = await groth16.prove(zkey, witness).catch((error: unknown) => {
        throw new SheafError("PROOF_INVALID", `no proof with ${zkey}: ${messageOf(error)}`, { cause: error });
      });
      const proven = performance.now();
      if (!(await verifyProof(verificationKey, made))) {
        throw new SheafError("PROOF_INVALID", `a proof made with ${zkey} is wrong: the key is not this circuit's`);
      }
      const timings = {
        witness: witnessed - start,
        prove: proven - witnessed,
        verify: performance.now() - proven,
      };
      return { ...made, timings };
    },
    close: endCurveWorkers,
  };
}

/**
 * Whether a proof is right for its public signals. Anything that is no proof, such as a point that is not on the curve
 * or a signal that is no field element, is wrong.
 */
export async function verifyProof(key: VerificationKey, { proof, publicSignals }: Proof): Promise<boolean> {
  // snarkjs would look for missing signals' points in the key, and ignore superfluous ones.
  if (publicSignals.length !== key.nPublic) return false;
  try {
    return await groth16.verify(key, publicSignals, proof);
  } catch {
    return false; // not even numbers
  }
}

/** A witness in memory, as snarkjs takes it: the bytes of a .wtns file. Throws WITNESS_FAILED. */
export async function computeWitness(input: WitnessInput, wasm: string): Promise<MemoryFile> {
  const witness: { type: "mem"; data?: Uint8Array } = { type: "mem" };
  try {
    await wtns.calculate(input, wasm, witness);
    return witness as MemoryFile;
  } catch (error) {
    throw new SheafError("WITNESS_FAILED", `the input has no witness: ${messageOf(error)}`, { cause: error });
  }
}

/** circom names the innermost template first, then what it is part of, a line each. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^Error: /, "")
    .trim()
    .split(/\s*\n\s*/)
    .join("; ");
}
