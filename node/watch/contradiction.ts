import { getBytes, type Result } from "ethers";
import { revertOf } from "../../l1/revert.ts";
import { buildBatch, type Batch } from "../../protocol/batch.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { SheafError } from "../../protocol/errors.ts";
import { addressToHex } from "../../protocol/json-fields.ts";
import { encodeWords, HEADER_BYTES, readNumbers, type PublishedBatch } from "../../protocol/words.ts";
import { solidityProof } from "../../prover/files/proof-format.ts";
import type { Groth16Proof } from "../../prover/prover.ts";
import { ROLLUP } from "../../l1/contract.ts";
import { errorText } from "../../lib/error-text.ts";
import type { L1 } from "../l1/l1.ts";
import type { RefusedBatch } from "./refused-batch.ts";

/** A batch with its proof, as `freezeByContradiction` takes it. */
export interface ProvenWords {
  readonly proof: readonly bigint[];
  readonly c: bigint;
  readonly words: Uint8Array;
  readonly beneficiary: string;
}

/** The arguments of `freezeByContradiction`: two batches of one size whose words differ in the new root alone. */
export type Contradiction = readonly [size: number, one: ProvenWords, other: ProvenWords];

/**
 * The batch that a refused one's words are of: the same words, with the root that they lead to. Its proof contradicts the
 * one that L1 took.
 *
 * It can be made of what L1 has only where nobody had to sign: of deposits, forced withdrawals and accounts that the operator opens.
 *
 * @param rows the size, with what L1 does not say of it
 * @throws SheafError CONTRADICTION_IMPOSSIBLE, with the reason why nobody can prove it, or not from here
 */
export function trueBatch({ number, submission, before, fault }: RefusedBatch, rows: BatchSize): Batch {
  const impossible = (reason: string): SheafError =>
    new SheafError("CONTRADICTION_IMPOSSIBLE", `batch ${number}: ${reason}`, { cause: fault });
  if (isInBlob(submission.words)) {
    throw impossible("its transfers are in a blob, and evidence is made of batches in calldata alone so far");
  }
  if (fault.code === "WORDS_MALFORMED") throw impossible("its words have no meaning, so no proof of them is true");
  const published = decodeWords(rows, submission.words);
  const { withdrawals, transfers } = published;
  if (withdrawals.length + transfers.length > 0) {
    const signed = `${transfers.length} transfers and ${withdrawals.length} withdrawals`;
    throw impossible(`it has ${signed}, and a proof of them takes their signatures, which L1 does not have`);
  }
  const batch = build(before, rows, published, submission.beneficiary, impossible);
  const claimed = encodeWords(rows, { ...batch.published, newRoot: published.newRoot });
  if (Buffer.compare(claimed, submission.words) !== 0) {
    throw impossible(`its words are wrong in more than the new root, so no proof of them is true: ${fault.message}`);
  }
  return batch;
}

function build(
  before: RefusedBatch["before"],
  rows: BatchSize,
  published: PublishedBatch,
  beneficiary: string,
  impossible: (reason: string) => SheafError,
): Batch {
  const { domain, batchNumber, timestamp, token, feeAccount, l1Operations } = published;
  const header = { domain, batchNumber, timestamp, token, feeAccount, beneficiary: BigInt(beneficiary) };
  try {
    return buildBatch(before.fork(), rows, { ...header, l1Operations, withdrawals: [], transfers: [] });
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    throw impossible(`its words cannot follow, so no proof of them is true: ${errorText(error)}`);
  }
}

/** What is too short to have a header has no blob either. */
const isInBlob = (words: Uint8Array): boolean => words.length >= HEADER_BYTES && readNumbers(words).blob === 1;

/** @param proof of `batch`, which is the true one */
export function contradictionOf({ submission }: RefusedBatch, batch: Batch, proof: Groth16Proof): Contradiction {
  const { size, proof: forged, c, words, beneficiary } = submission;
  const { publicSignals } = batch;
  return [
    size,
    { proof: forged, c, words, beneficiary },
    {
      proof: solidityProof(proof),
      c: publicSignals.c,
      words: batch.words,
      beneficiary: addressToHex(batch.beneficiary),
    },
  ];
}

/**
 * Why the contract would not freeze for this; `undefined` if it would. It verifies both proofs, so whatever L1's node made up
 * comes to light.
 *
 * @throws SheafError NETWORK_UNREACHABLE, RPC_*
 */
export async function objectionTo(l1: L1, contradiction: Contradiction): Promise<string | undefined> {
  try {
    await l1.call(FREEZE, contradiction, "latest");
    return undefined;
  } catch (error) {
    const revert = revertOf(error);
    if (revert === undefined) throw error;
    return revert.name;
  }
}

export const FREEZE = "freezeByContradiction";

/** The call's bytes: who has them needs nothing else to freeze the rollup. */
export const callOf = (contradiction: Contradiction): string => ROLLUP.encodeFunctionData(FREEZE, contradiction);

/** The arguments again. Throws if the bytes are of another call. */
export function contradictionIn(calldata: string): Contradiction {
  const [size, one, other] = ROLLUP.decodeFunctionData(FREEZE, calldata);
  return [Number(size), provenIn(one as Result), provenIn(other as Result)];
}

/** Plain values: those of a `Result` cannot be sent again. */
const provenIn = ({ proof, c, words, beneficiary }: Result): ProvenWords => {
  return { proof: [...proof], c, words: getBytes(words as string), beneficiary };
};
