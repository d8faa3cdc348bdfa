import { zKey } from "snarkjs";
import { SheafError } from "../../protocol/errors.ts";
import { NativeService, type NativeWitness } from "../native/service.ts";
import type { OnPhase, Proof, Prover } from "../prover.ts";
import { makeWitness } from "../witness/source.ts";
import { bySnarkjs } from "./by-snarkjs.ts";
import { endCurveWorkers } from "./curve-workers.ts";
import { verifyProof, type SnarkjsKeys } from "./snarkjs.ts";

/** The service that all provers of this process share, and how many of them are open. */
let shared: { readonly service: NativeService; users: number } | undefined;

/**
 * A prover that computes in a native process, several times as fast as snarkjs.
 *
 * @param executable that of `sheaf-prover`
 */
export function nativeProver(executable: string, keys: SnarkjsKeys): Prover {
  shared ??= { service: new NativeService(executable), users: 0 };
  const mine = shared;
  mine.users++;
  let open = true;
  const prover: Prover = {
    backend: "native",
    prove: async (input, onPhase) => prover.proveWitness(await prover.witness(input), onPhase),
    witness: (input, signal) => makeWitness(input, keys, signal),
    async proveWitness(witness, onPhase, signal) {
      const made = await verifiedProof(mine.service, keys, witness.path, onPhase, signal)
        .catch((error: unknown) => {
          throw blamingKey(error, keys.zkey);
        })
        .finally(() => witness.discard());
      return { ...made, timings: { witness: witness.milliseconds, ...made.timings } };
    },
    async close() {
      if (!open) return;
      open = false;
      if (--mine.users === 0) {
        if (shared === mine) shared = undefined;
        await mine.service.close();
      }
      await endCurveWorkers();
    },
  };
  return prover;
}

/** A witness that was made here is whole: if it is refused, then because the key is another circuit's. */
function blamingKey(error: unknown, zkey: string): unknown {
  if (!(error instanceof SheafError) || error.code !== "WITNESS_MALFORMED") return error;
  return new SheafError("PROOF_INVALID", `no proof with ${zkey}: ${error.message}`, { cause: error });
}

/**
 * A proof from a witness, verified; milliseconds that both took.
 *
 * @throws SheafError WITNESS_UNSATISFIED, PROOF_INVALID, and the codes of `NativeService.prove`
 */
export async function verifiedProof(
  service: NativeService,
  { zkey, verificationKey }: SnarkjsKeys,
  witness: NativeWitness,
  onPhase?: OnPhase,
  signal?: AbortSignal,
): Promise<Proof & { readonly timings: { readonly prove: number; readonly verify: number } }> {
  const start = performance.now();
  const { proof, publicSignals } = await service.prove(zkey, witness, onPhase, signal);
  const proven = performance.now();
  if (!(await verifyProof(verificationKey, { proof, publicSignals }))) {
    // The key file's own verification key tells a wrong witness from a key that belongs to another circuit.
    const own = await bySnarkjs(() => zKey.exportVerificationKey(zkey));
    throw (await verifyProof(own, { proof, publicSignals }))
      ? new SheafError("PROOF_INVALID", `a proof made with ${zkey} is wrong: the verification key is not this key's`)
      : new SheafError("WITNESS_UNSATISFIED", `the witness does not satisfy the circuit of ${zkey}`);
  }
  return { proof, publicSignals, timings: { prove: proven - start, verify: performance.now() - proven } };
}
