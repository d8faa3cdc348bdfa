import type { Command } from "commander";
import { sizeNamed, sizeOption } from "./support/sizes.ts";

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
      const { join } = await import("node:path");
      const { SheafError } = await import("../protocol/errors.ts");
      const { endCurveWorkers } = await import("../prover/backends/curve-workers.ts");
      const { PROOF_FILES, readProof } = await import("../prover/files/proof-files.ts");
      const { verifyProof } = await import("../prover/backends/snarkjs.ts");
      const { cachedVerificationKey, readVerificationKey } = await import("./support/keys.ts");
      const { printResult } = await import("./support/output.ts");

      const proof = await readProof(join(folder, PROOF_FILES.proof), join(folder, PROOF_FILES.publicSignals));
      const key =
        verificationKey === undefined
          ? await cachedVerificationKey(sizeNamed(size), production)
          : await readVerificationKey(verificationKey);
      const valid = await verifyProof(key, proof);
      await endCurveWorkers();
      if (!valid)
        throw new SheafError("PROOF_INVALID", `the proof in ${folder} does not fit the key and its public signals`);
      const [c, y, alpha] = proof.publicSignals;
      printResult(json, { valid, c, y, alpha }, () => [`the proof in ${folder} is valid`]);
    });
}
