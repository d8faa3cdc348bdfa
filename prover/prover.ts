import type { Groth16Proof } from "snarkjs";
import type { Backend } from "./backends/backend.ts";

export type { Groth16Proof, VerificationKey } from "snarkjs";

/** Values of a circuit's input signals by name: numbers, or arrays of them shaped as the signal. */
export type WitnessInput = Readonly<Record<string, SignalValue>>;
export type SignalValue = bigint | number | string | readonly SignalValue[];

/** A Groth16 proof in snarkjs' format. All numbers are decimal strings. */
export interface Proof {
  readonly proof: Groth16Proof;
  /** Outputs, then public inputs, in the circuit's order; for a batch `[c, y, alpha, z]`. */
  readonly publicSignals: readonly string[];
}

/** A proof, and how long it took: milliseconds. */
export interface TimedProof extends Proof {
  readonly timings: { readonly witness: number; readonly prove: number; readonly verify: number };
}

/** A circuit's witness in a file of its own. */
export interface Witness {
  /** A `.wtns` file. */
  readonly path: string;
  /** Whether the circuit's plan gave it, or circom's generator. */
  readonly by: "plan" | "circom";
  /** How long it took. */
  readonly milliseconds: number;
  /** Removes the file. */
  discard(): Promise<void>;
}

/** Told what a back end is doing as it begins with it. The native one computes "matrices", "quotient", "sums". */
export type OnPhase = (phase: string) => void;

/** Makes proofs of one circuit. */
export interface Prover {
  readonly backend: Backend;
  /** Makes a proof of an input: `witness`, then `proveWitness`. */
  prove(input: WitnessInput, onPhase?: OnPhase): Promise<TimedProof>;
  /**
   * Computes a witness. Another may be proven meanwhile.
   *
   * @param signal gives it up, with the process that computes it: then it throws the signal's reason
   * @throws SheafError WITNESS_FAILED if the input does not satisfy the circuit, and the other codes of `makeWitness`
   */
  witness(input: WitnessInput, signal?: AbortSignal): Promise<Witness>;
  /**
   * Makes a proof, and verifies it before returning it. Discards the witness in any case.
   *
   * @param signal as of `witness`; what snarkjs has begun in this process goes on in vain
   * @throws SheafError PROOF_INVALID if the proof made is wrong, as with a key of another circuit; the native back end
   * also WITNESS_UNSATISFIED, KEY_MALFORMED and NATIVE_CRASHED
   */
  proveWitness(witness: Witness, onPhase?: OnPhase, signal?: AbortSignal): Promise<TimedProof>;
  /** Ends whatever keeps the process alive. Call it once, when no proof is being made. */
  close(): Promise<void>;
}
