import { domainOf } from "../../protocol/challenge.ts";
import { BATCH_SIZES, type BatchSize } from "../../protocol/constants.ts";
import { addressToHex, parseFields } from "../../protocol/json-fields.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import { RollupState } from "../../protocol/state.ts";
import { finish, type Steps } from "../../protocol/steps.ts";
import { batchDescriptionSchema, type BatchDescription } from "./batch-schema.ts";
import { readJson } from "./text-files.ts";

/** Reads a batch description. Throws `FIELD_INVALID` with the field named; `source` is the file's name. */
export function parseBatchDescription(source: string, value: unknown): BatchDescription {
  return parseFields(source, batchDescriptionSchema, value);
}

/** What `buildBatch` takes, and what `submitBatch` takes besides the proof and the words. */
export interface DescribedBatch {
  readonly state: RollupState;
  readonly size: BatchSize;
  readonly request: BatchRequest;
  /** Of each operation that comes from the L1 queue, in order. */
  readonly refundAddresses: readonly string[];
}

export function describedBatch(description: BatchDescription): DescribedBatch {
  return finish(describedBatchSteps(description));
}

/** As `describedBatch`, an account at a time. */
export function* describedBatchSteps(description: BatchDescription): Steps<DescribedBatch> {
  const { accounts, chainId, rollup, size, ...operations } = description;
  const state = new RollupState();
  for (const { index, ...account } of accounts) {
    state.update(index, account);
    yield;
  }
  const queued = description.l1Operations.filter(({ kind }) => kind !== "creation");
  return {
    state,
    size: BATCH_SIZES.find(({ name }) => name === size)!,
    request: { domain: domainOf(chainId, rollup), ...operations },
    refundAddresses: queued.map((operation) =>
      addressToHex("refundAddress" in operation ? operation.refundAddress : 0n),
    ),
  };
}

/** The description as JSON takes it: what `parseBatchDescription` reads. */
export function batchDescriptionToJson(description: BatchDescription): object {
  const address = <T extends { readonly l1Address: bigint }>(entry: T) => ({
    ...entry,
    l1Address: addressToHex(entry.l1Address),
  });
  return {
    ...description,
    rollup: addressToHex(description.rollup),
    beneficiary: addressToHex(description.beneficiary),
    accounts: description.accounts.map(address),
    l1Operations: description.l1Operations.map((operation) => ({
      ...address(operation),
      ...("refundAddress" in operation ? { refundAddress: addressToHex(operation.refundAddress) } : {}),
    })),
  };
}

/** Reads a batch description from a file. Throws `FILE_UNREADABLE`, `JSON_MALFORMED`, `FIELD_INVALID`. */
export async function readBatch(file: string): Promise<DescribedBatch> {
  return describedBatch(parseBatchDescription(file, await readJson(file)));
}
