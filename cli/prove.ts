import { Option, type Command } from "commander";
import { buildBatch } from "../protocol/batch.ts";
import { BATCH_SIZES } from "../protocol/constants.ts";
import { addressToHex } from "../protocol/json-fields.ts";
import { BACKENDS, type Backend } from "../prover/backends/backend.ts";
import { makeProver } from "../prover/backends/make-prover.ts";
import { readBatch } from "../prover/files/batch-description.ts";
import { writeProof } from "../prover/files/proof-files.ts";
import { requireFolder } from "../prover/files/text-files.ts";
import type { Progress } from "../prover/setup/progress.ts";
import { proverKeys } from "./support/keys.ts";
import { wholeNumber } from "./support/options.ts";
import { printResult, say } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

interface ProveOptions {
  readonly batch: string;
  readonly out: string;
  readonly key?: string;
  readonly production?: true;
  readonly backend?: Backend;
  readonly sizeId?: number;
  readonly json?: true;
}

/** Seconds that a proof of a batch takes on a small machine, a row or slot, its witness among them. */
const SECONDS_PER_ROW: Readonly<Record<Backend, number>> = { snarkjs: 0.6, native: 0.03 };

export function define(command: Command): void {
  command
    .requiredOption("--batch <file>", "batch description (see: sheaf batch example)")
    .requiredOption("--out <folder>", "folder to write to")
    .option("--key <file>", "proving key (default: the size's development key, made if there is none)")
    .option("--production", "use the production key of the size")
    .addOption(
      new Option("--backend <name>", "what computes the proof (default: native if it can be built)").choices(BACKENDS),
    )
    .option(
      "--size-id <number>",
      "the size's id in the rollup, for calldata.json: its place, from 0, in the list that was deployed (default: in the list of all sizes)",
      wholeNumber(0),
    )
    .option("--json", "print JSON")
    .action(async ({ batch: file, out, backend, sizeId, json, ...keyChoice }: ProveOptions) => {
      const { state, size, request, refundAddresses } = await readBatch(file);
      const { input, words, publicSignals } = buildBatch(state, size, request);
      await requireFolder(out);
      const keys = await proverKeys(size, keyChoice);
      const prover = await withProgress("prover", () => makeProver(keys, { backend, onNote: say }));
      const expectedSeconds = SECONDS_PER_ROW[prover.backend] * (size.transfers + size.accounts);
      const prove = (onProgress: Progress) => prover.prove(input, (phase) => onProgress(0, phase));
      const proof = await withProgress(`proof ${size.name}`, prove, { expectedSeconds });
      const call = {
        ...{ size: sizeId ?? BATCH_SIZES.indexOf(size), c: publicSignals.c, words, refundAddresses },
        beneficiary: addressToHex(request.beneficiary),
      };
      const files = await writeProof(out, proof, call);
      await prover.close();

      const { witness: witnessMs, prove: proveMs } = proof.timings;
      const result = {
        size: size.name,
        backend: prover.backend,
        ...files,
        ...publicSignals,
        witnessMs,
        proveMs,
      };
      printResult(json, result, () => [
        `proved ${file} with ${prover.backend}: witness ${(witnessMs / 1000).toFixed(1)} s, proof ${(proveMs / 1000).toFixed(1)} s`,
        ...Object.values(files).map((path) => `wrote ${path}`),
      ]);
    });
}
