import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { getAddress, hexlify } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { Packing } from "../protocol/packing.ts";
import { MOST_GAS } from "./gas-limit.ts";

/** A batch of a call of `submitBatches`: what `submitBatch` takes of one. */
export interface PackedBatch {
  /** Id of its size on L1. */
  readonly size: number;
  readonly proof: readonly bigint[];
  readonly c: bigint;
  readonly words: Uint8Array;
  readonly refundAddresses: readonly string[];
  readonly beneficiary: string;
}

/** Their number is a byte. */
const MOST_TOGETHER = 255;
/** What a call takes, and each of its batches, and a byte of it: a little less than was measured. */
const LEAST_GAS = { call: 170_000, batch: 60_000, byte: 15 } as const;

/** What stands before a batch's proof. */
const HEAD = new Packing({ size: 8, beneficiary: 160, refundAddresses: 8, words: 24 });
const [HEAD_BYTES, WORD, ADDRESS, PROOF_WORDS] = [HEAD.bits / 8, 32, 20, 8];

/**
 * The argument of `submitBatches`, as `PackedBatches` in the contracts reads it. Batches that surely take more gas together than
 * a transaction may use are refused.
 *
 * @throws SheafError DELIVERY_TOO_LARGE, or FIELD_OUT_OF_RANGE for a number that has no room in it
 */
export function packBatches(batches: readonly PackedBatch[]): Uint8Array {
  if (batches.length === 0 || batches.length > MOST_TOGETHER) {
    throw new SheafError("DELIVERY_TOO_LARGE", `a call takes 1 to ${MOST_TOGETHER} batches, not ${batches.length}`);
  }
  const bytes = concatBytes(Uint8Array.of(batches.length), ...batches.flatMap(partsOf));
  const gas = LEAST_GAS.call + LEAST_GAS.batch * batches.length + LEAST_GAS.byte * bytes.length;
  if (gas > MOST_GAS) {
    const what = `${batches.length} batches in one call take more than the ${MOST_GAS.toLocaleString("en")} gas`;
    throw new SheafError("DELIVERY_TOO_LARGE", `${what} that a transaction may use (EIP-7825)`);
  }
  return bytes;
}

function partsOf({ size, beneficiary, proof, c, words, refundAddresses }: PackedBatch): Uint8Array[] {
  const counts = { refundAddresses: refundAddresses.length, words: words.length };
  return [
    numberToBytesBE(HEAD.pack({ size, beneficiary: BigInt(beneficiary), ...counts }), HEAD_BYTES),
    ...[...proof, c].map((word) => numberToBytesBE(word, WORD)),
    words,
    ...refundAddresses.map((address) => numberToBytesBE(BigInt(address), ADDRESS)),
  ];
}

/**
 * The batches of a call that L1 took. There is one way to read it.
 *
 * @throws SheafError RPC_INCONSISTENT if L1 would have refused it for its form
 */
export function unpackBatches(bytes: Uint8Array): readonly PackedBatch[] {
  let at = 0;
  const next = (length: number): Uint8Array => {
    const part = bytes.subarray(at, (at += length));
    if (part.length < length) throw malformed(`${at} bytes at least, and are ${bytes.length}`);
    return part;
  };
  const address = (): string => getAddress(hexlify(next(ADDRESS)));
  const batches = Array.from({ length: next(1)[0]! }, (): PackedBatch => {
    const head = HEAD.unpack(bytesToNumberBE(next(HEAD_BYTES)));
    const words = Array.from({ length: PROOF_WORDS + 1 }, () => bytesToNumberBE(next(WORD)));
    return {
      size: Number(head.size),
      beneficiary: getAddress(hexlify(numberToBytesBE(head.beneficiary, ADDRESS))),
      proof: words.slice(0, PROOF_WORDS),
      c: words[PROOF_WORDS]!,
      words: next(Number(head.words)).slice(),
      refundAddresses: Array.from({ length: Number(head.refundAddresses) }, address),
    };
  });
  if (at !== bytes.length || batches.length === 0) throw malformed(`${at} bytes for ${batches.length}`);
  return batches;
}

const malformed = (what: string): SheafError =>
  new SheafError("RPC_INCONSISTENT", `batches in one call take ${what}: L1 takes no such call`);
