import { SheafError } from "../../protocol/errors.ts";
import type { Prover } from "../prover.ts";
import type { Backend } from "./backend.ts";
import { nativeProver } from "./native.ts";
import { snarkjsProver, type SnarkjsKeys } from "./snarkjs.ts";

export interface BackendChoice {
  /** Default: native if it can be built here, snarkjs otherwise. */
  readonly backend?: Backend | undefined;
  /** Told why it is snarkjs when nothing was chosen. */
  readonly onNote?: (note: string) => void;
}

/**
 * A prover with the back end that is chosen, or the fastest that works here.
 *
 * @throws SheafError NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED if the native one is chosen and cannot be built
 */
export async function makeProver(keys: SnarkjsKeys, { backend, onNote }: BackendChoice = {}): Promise<Prover> {
  if (backend === "snarkjs") return snarkjsProver(keys);
  try {
    return await nativeProver(keys);
  } catch (error) {
    const isMissing =
      error instanceof SheafError && (error.code === "NATIVE_UNAVAILABLE" || error.code === "NATIVE_BUILD_FAILED");
    if (backend === "native" || !isMissing) throw error;
    onNote?.(`proving with snarkjs, which is slower: ${error.message}`);
    return snarkjsProver(keys);
  }
}
