import type { VerificationKey } from "snarkjs";
import { SheafError } from "../../protocol/errors.ts";

/**
 * Refuses a key whose phase 2 was skipped: delta is then gamma, and anyone can forge proofs. Deployed keys of that kind
 * have cost others millions. Equal up to sign is as bad, so the x coordinates are compared.
 *
 * @throws SheafError KEY_INSECURE
 */
export function assertPhase2Done({ vk_gamma_2: gamma, vk_delta_2: delta }: VerificationKey): void {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.every((value, i) => BigInt(value) === BigInt(b[i] ?? -1));
  const isInfinity = delta[2].every((value) => BigInt(value) === 0n);
  if (isInfinity || same(gamma[0], delta[0])) {
    throw new SheafError("KEY_INSECURE", "gamma equals delta in this key: nobody contributed to phase 2");
  }
}
