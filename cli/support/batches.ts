import { describedBatch, parseBatchDescription, type DescribedBatch } from "../../prover/files/batch-description.ts";
import { readJson } from "../../prover/files/text-files.ts";

/** Reads a batch description from a file. Throws `FILE_UNREADABLE`, `JSON_MALFORMED`, `FIELD_INVALID`. */
export async function readBatch(file: string): Promise<DescribedBatch> {
  return describedBatch(parseBatchDescription(file, await readJson(file)));
}
