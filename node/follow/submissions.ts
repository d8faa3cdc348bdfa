import { AbiCoder, dataSlice, getBytes, type FunctionFragment } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { versionedHashOf } from "../../l1/blobs/kzg.ts";
import { unpackOpening } from "../../l1/blob-opening.ts";
import { unpackBatches, type PackedBatch } from "../../l1/packed-batches.ts";
import { blobPointOf, digestOf, type BlobEvaluation } from "../../protocol/challenge.ts";
import { SheafError } from "../../protocol/errors.ts";
import { readNumbers, transferWords } from "../../protocol/words.ts";
import type { RollupCall } from "../l1/l1.ts";

/** What a batch was submitted with. Who follows leaves the proof to L1, which has checked it. */
export interface Submission extends PackedBatch {
  /** What the call says where its transfers are in a blob: the value of their polynomial, and the blob's commitment. */
  readonly opening?: { readonly value: bigint; readonly commitment: Uint8Array };
}

/** The part of a blob that a batch's transfers are, and what L1 was shown of it. */
export interface BlobPart extends BlobEvaluation {
  readonly versionedHash: string;
  /** Place of its first word among the coefficients of the blob's polynomial, and their number. */
  readonly start: number;
  readonly length: number;
}

/** A batch of a transaction that L1 took. */
export interface TakenSubmission extends Submission {
  readonly blob?: BlobPart;
}

const fragmentOf = (name: string): FunctionFragment => ROLLUP.getFunction(name)!;
const [ONE, MANY, IN_BLOB] = ["submitBatch", "submitBatches", "submitBatchesInBlob"].map(fragmentOf) as [
  FunctionFragment,
  FunctionFragment,
  FunctionFragment,
];

/**
 * Reads a batch from a call that submits some, as whoever sent it has laid it out: as Solidity does, without asking for the
 * padding behind the words. A batch that L1 took and nodes did not would keep everybody from the state.
 *
 * @throws SheafError RPC_INCONSISTENT if the transaction has no such call with the batch
 */
export function submissionOf(transaction: string, call: RollupCall, batchNumber: number): TakenSubmission {
  let submissions: readonly TakenSubmission[];
  try {
    submissions = takenIn(call);
  } catch (cause) {
    throw new SheafError("RPC_INCONSISTENT", `the calldata of ${transaction} submits no batch`, { cause });
  }
  const [first] = submissions;
  // A single one's number is its words' to say.
  if (submissions.length === 1) return first!;
  const found = submissions.find(({ words }) => readNumbers(words).batchNumber === batchNumber);
  if (found !== undefined) return found;
  throw new SheafError("RPC_INCONSISTENT", `the calldata of ${transaction} submits batches, but not ${batchNumber}`);
}

/** All batches of a transaction, and where their transfers are. Throws as `submissionsIn`, or if it has no blob. */
export function takenIn({ calldata, blobHashes }: RollupCall): readonly TakenSubmission[] {
  const submissions = submissionsIn(calldata);
  const { opening: opened } = submissions[0]!;
  if (opened === undefined) return submissions;
  const [versionedHash] = blobHashes;
  // L1 has compared them, so an L1 node that says otherwise is wrong.
  if (versionedHash !== versionedHashOf(opened.commitment)) {
    throw new Error(`its first blob is ${versionedHash}, and its opening of another one`);
  }
  const digests = submissions.map(({ c, beneficiary, words }) => digestOf(c, BigInt(beneficiary), words));
  const z = blobPointOf(getBytes(versionedHash), digests);
  let start = 0;
  return submissions.map((submission) => {
    const length = transferWords(readNumbers(submission.words).transfers);
    const blob = { versionedHash, start, length, z, value: submission.opening!.value };
    start += length;
    return { ...submission, blob };
  });
}

/** All batches of a call. Throws if it is not one of those that submit some. */
export function submissionsIn(calldata: string): readonly Submission[] {
  const selector = dataSlice(calldata, 0, 4);
  const decoded = ({ inputs }: FunctionFragment) =>
    AbiCoder.defaultAbiCoder().decode(inputs, dataSlice(calldata, 4), true);
  if (selector === MANY.selector) return unpackBatches(getBytes(decoded(MANY)[0] as string));
  if (selector === IN_BLOB.selector) {
    const [batches, opening] = decoded(IN_BLOB).map((bytes: string) => getBytes(bytes)) as [Uint8Array, Uint8Array];
    const { values, commitment } = unpackOpening(opening);
    const submissions = unpackBatches(batches);
    if (values.length !== submissions.length) {
      throw new Error(`it has ${submissions.length} batches, and values of ${values.length}`);
    }
    return submissions.map((submission, j) => ({ ...submission, opening: { value: values[j]!, commitment } }));
  }
  if (selector !== ONE.selector) throw new Error(`it begins with ${selector}, which submits no batch`);
  const [size, proof, c, words, refundAddresses, beneficiary] = decoded(ONE);
  const bytes = getBytes(words as string);
  return [
    { size: Number(size), proof: [...proof], c, words: bytes, refundAddresses: [...refundAddresses], beneficiary },
  ];
}
