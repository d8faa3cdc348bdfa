import { join } from "node:path";
import type { Command } from "commander";
import { SheafError } from "../protocol/errors.ts";
import { endCurveWorkers } from "../prover/backends/curve-workers.ts";
import { verifyProof } from "../prover/backends/snarkjs.ts";
import { PROOF_FILES, readProof } from "../prover/files/proof-files.ts";
import { cachedVerificationKey, readVerificationKey } from "./support/keys.ts";
import { sizeNamed, sizeOption } from "./support/options.ts";
import { printResult } from "./support/output.ts";

interface VerifyOptions {
  readonly size: string;
  readonly verificationKey?: string;
  readonly production?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .argument("<folder>")
    .addOption(sizeOption())
    .option("--verification-key <file>", "verification key (default: that of the size's development key)")
    .option("--production", "use the production key of the size")
    .option("--json", "print JSON")
    .action(async (folder: string, { size, verificationKey, production, json }: VerifyOptions) => {
      const proof = await readProof(join(folder, PROOF_FILES.proof), join(folder, PROOF_FILES.publicSignals));
      const key =
        verificationKey === undefined
          ? await cachedVerificationKey(sizeNamed(size), production)
          : await readVerificationKey(verificationKey);
      const valid = await verifyProof(key, proof);
      await endCurveWorkers();
      if (!valid)
        throw new SheafError("PROOF_INVALID", `the proof in ${folder} does not fit the key and its public signals`);
      const [c, y, alpha, z] = proof.publicSignals;
      printResult(json, { valid, c, y, alpha, z }, () => [`the proof in ${folder} is valid`]);
    });
}
