import { makeKey } from "./development-key.ts";
import type { Progress } from "./progress.ts";
import { drawTrapdoor } from "./trapdoor.ts";

/** Name of every development key's file. */
export const DEVELOPMENT_KEY_NAME = "INSECURE-development.zkey";

/** Said wherever a development key is made or used. */
export const DEVELOPMENT_WARNING =
  "INSECURE development setup: one machine drew the secrets of this key. Whoever kept them could forge proofs. " +
  "Use it on local chains only; see docs/setup.md for a production setup.";

/**
 * Makes a proving key within seconds, without powers of tau: it draws the trapdoor (tau, alpha, beta, delta) itself,
 * evaluates the circuit at tau in the field, and multiplies. INSECURE by construction, for development only.
 *
 * The trapdoor never leaves this process' memory; buffers derived from it are overwritten.
 *
 * @param r1csPath circom's R1CS file
 * @param keyPath the `.zkey` to write; it appears only when complete
 * @throws SheafError R1CS_MALFORMED
 */
export async function developmentSetup(r1csPath: string, keyPath: string, onProgress?: Progress): Promise<void> {
  await makeKey(r1csPath, keyPath, drawTrapdoor(), onProgress);
}
