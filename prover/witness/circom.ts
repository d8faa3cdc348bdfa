import { wtns } from "snarkjs";
import { errorText } from "../../lib/error-text.ts";
import { SheafError } from "../../protocol/errors.ts";
import { closingFiles } from "../files/snarkjs-files.ts";
import type { WitnessInput } from "../prover.ts";

/**
 * A witness by circom's own generator: the content of a `.wtns` file.
 *
 * @param wasm path of the generator
 * @throws SheafError WITNESS_FAILED
 */
export async function circomWitness(input: WitnessInput, wasm: string): Promise<Uint8Array> {
  // In memory: snarkjs leaves a file open if it fails.
  const witness: { readonly type: "mem"; data?: Uint8Array } = { type: "mem" };
  try {
    await closingFiles(() => wtns.calculate(input, wasm, witness));
    return witness.data!;
  } catch (error) {
    throw new SheafError("WITNESS_FAILED", `the input has no witness: ${messageOf(error)}`, { cause: error });
  }
}

/** circom names the innermost template first, then what it is part of, a line each. */
function messageOf(error: unknown): string {
  return errorText(error)
    .replace(/^Error: /, "")
    .trim()
    .split(/\s*\n\s*/)
    .join("; ");
}
