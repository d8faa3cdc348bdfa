import type { Groth16Proof } from "snarkjs";
import type { Backend } from "./backends.ts";

export type { Groth16Proof, VerificationKey } from "snarkjs";

/** Values of a circuit's input signals by name: numbers, or arrays of them shaped as the signal. */
export type WitnessInput = Readonly<Record<string, SignalValue>>;
export type SignalValue = bigint | number | string | readonly SignalValue[];

/** A Groth16 proof in snarkjs' format. All numbers are decimal strings. */
export interface Proof {
  readonly proof: Groth16Proof;
  /** Outputs, then public inputs, in the circuit's order; for a batch `[c, y, alpha]`. */
  readonly publicSignals: readonly string[];
}

/** A proof, and how long it took: milliseconds. */
export interface TimedProof extends Proof {
  readonly timings: { readonly witness: number; readonly prove: number; readonly verify: number };
}

/** Makes proofs of one circuit. */
export interface Prover {
  readonly backend: Backend;
  /**
   * Makes a proof, and verifies it before returning it.
   *
   * @throws SheafError WITNESS_FAILED if the input does not satisfy the circuit, PROOF_INVALID if the proof made is
   * wrong, as with a key of another circuit; the native back end also WITNESS_MALFORMED, WITNESS_UNSATISFIED,
   * KEY_MALFORMED and NATIVE_CRASHED
   */
  prove(input: WitnessInput): Promise<TimedProof>;
  /** Ends whatever keeps the process alive. Call it once, when no proof is being made. */
  close(): Promise<void>;
}
