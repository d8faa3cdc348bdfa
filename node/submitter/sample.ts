import { getBytes, id } from "ethers";
import type { BatchSize } from "../../protocol/constants.ts";
import { layoutOf } from "../../protocol/words.ts";
import type { SolidityProof } from "../../prover/files/proof-format.ts";
import { calldataOf } from "./call.ts";

/** Calldata as long as that of a full batch of transfers, of the largest size, and as hard to compress. */
export function fullBatchCalldata(sizes: readonly BatchSize[]): string {
  const layout = layoutOf(sizes.toSorted((a, b) => b.transfers - a.transfers)[0]!);
  const last = layout.at(-1)!;
  const words = new Uint8Array(last.offset + last.bytes);
  for (const { name, offset, bytes } of layout) {
    // Rows of these are published though nothing is in them.
    const isEmpty = name.startsWith("l1Operations") || name.startsWith("withdrawals");
    if (!isEmpty) words.set(getBytes(id(name)).subarray(0, bytes), offset);
  }
  const proof = Array.from({ length: 8 }, (_, i) => BigInt(id(`proof ${i}`))) as SolidityProof;
  return calldataOf({ batchNumber: 1, size: 0, proof, c: BigInt(id("c")), words, refundAddresses: [] });
}
