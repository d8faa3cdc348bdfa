import { dataSlice, hexlify, solidityPackedKeccak256 } from "ethers";
import { digestOf, sealOf, type BlobEvaluation } from "../../protocol/challenge.ts";
import { KIND } from "../../protocol/constants.ts";
import type { QueuedOperation } from "../store/store.ts";
import { addressOf } from "./addresses.ts";
import type { Submission } from "./submissions.ts";

/** Bytes of the queue's hash that the contract keeps beside a deadline. */
const QUEUE_HASH_BYTES = 27;

/** The queue's hash after an operation, as `L1Queue.append` computes it: 0x and 54 digits. */
export function appendToQueue(
  previous: string,
  { operation, refundAddress }: Pick<QueuedOperation, "operation" | "refundAddress">,
): string {
  const deposit = operation.kind === "deposit";
  const item = solidityPackedKeccak256(
    ["uint8", "uint32", "uint16", "address", "uint256", "uint128", "address"],
    [
      KIND[operation.kind],
      deposit ? 0 : operation.index,
      operation.token,
      addressOf(operation.l1Address),
      deposit ? operation.pubKeyY : 0n,
      deposit ? operation.amount : 0n,
      refundAddress,
    ],
  );
  return dataSlice(solidityPackedKeccak256(["bytes27", "bytes32"], [previous, item]), 0, QUEUE_HASH_BYTES);
}

/** The hash of all batches after one more, as `Rollup` keeps it in `batchChain`. */
export function appendToBatches(
  previous: string,
  { c, beneficiary, words, blob }: Pick<Submission, "c" | "beneficiary" | "words"> & { readonly blob?: BlobEvaluation },
): string {
  const seal = sealOf(digestOf(c, BigInt(beneficiary), words), blob);
  return solidityPackedKeccak256(["bytes32", "bytes32"], [previous, hexlify(seal)]);
}
