import type { Command } from "commander";

interface ProveOptions {
  readonly batch: string;
  readonly out: string;
  readonly key?: string;
  readonly production?: true;
  readonly json?: true;
}

/** Seconds that snarkjs takes for a proof of a batch on a small machine, a row or slot. */
const SECONDS_PER_ROW = 1.3;

export function addProve(program: Command): void {
  program
    .command("prove")
    .description("prove a batch: writes proof.json, public.json and calldata.json (the arguments of submitBatch)")
    .requiredOption("--batch <file>", "batch description (see: sheaf batch example)")
    .requiredOption("--out <folder>", "folder to write to")
    .option("--key <file>", "proving key (default: the size's development key, made if there is none)")
    .option("--production", "use the production key of the size")
    .option("--json", "print JSON")
    .action(async ({ batch: file, out, json, ...keyChoice }: ProveOptions) => {
      const { buildBatch } = await import("../protocol/batch.ts");
      const { BATCH_SIZES } = await import("../protocol/constants.ts");
      const { writeProof } = await import("../prover/proof-files.ts");
      const { snarkjsProver } = await import("../prover/snarkjs.ts");
      const { readBatch } = await import("./support/batches.ts");
      const { proverKeys } = await import("./support/keys.ts");
      const { printResult } = await import("./support/output.ts");
      const { withProgress } = await import("./support/progress.ts");

      const { state, size, request, refundAddresses } = await readBatch(file);
      const { input, words, publicSignals } = buildBatch(state, size, request);
      const prover = snarkjsProver(await proverKeys(size, keyChoice));
      const expectedSeconds = SECONDS_PER_ROW * (size.transfers + size.accounts);
      const proof = await withProgress(`proof ${size.name}`, () => prover.prove(input), { expectedSeconds });
      const call = { size: BATCH_SIZES.indexOf(size), c: publicSignals.c, words, refundAddresses };
      const files = await writeProof(out, proof, call);
      await prover.close();

      const { witness, prove } = proof.timings;
      const result = { size: size.name, ...files, ...publicSignals, witnessMs: witness, proveMs: prove };
      printResult(json, result, () =>
        [
          `proved ${file}: witness ${(witness / 1000).toFixed(1)} s, proof ${(prove / 1000).toFixed(1)} s`,
          ...Object.values(files).map((path) => `wrote ${path}`),
        ].join("\n"),
      );
    });
}
