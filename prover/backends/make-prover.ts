import { nativeOr } from "../native/native-or.ts";
import type { Prover } from "../prover.ts";
import type { BackendChoice } from "./backend.ts";
import { nativeProver } from "./native.ts";
import { snarkjsProver, type SnarkjsKeys } from "./snarkjs.ts";

const UNPLANNED =
  "computing witnesses with circom's generator, which can take as long as the proof: there is no plan among the circuit's files";

/**
 * A prover with the back end that is chosen, or the fastest that works here.
 *
 * @throws SheafError NATIVE_UNAVAILABLE, NATIVE_BUILD_FAILED if the native one is chosen and cannot be built
 */
export function makeProver(keys: SnarkjsKeys, choice: BackendChoice = {}): Promise<Prover> {
  const native = (executable: string): Prover => {
    if (keys.plan === undefined) choice.onNote?.(UNPLANNED);
    return nativeProver(executable, keys);
  };
  return nativeOr("sheaf-prover", choice, native, () => snarkjsProver(keys), "proving with snarkjs");
}
