import { Signature } from "ethers";

/** A signature as secp256k1's, however its `v` is written; `undefined` if it is another kind's, as contracts have. */
export function ecdsa(signature: string): Signature | undefined {
  try {
    return Signature.from(signature);
  } catch {
    return undefined;
  }
}
