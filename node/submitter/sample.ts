import { dataSlice, getBytes, id } from "ethers";
import type { BatchSize } from "../../protocol/constants.ts";
import { layoutOf } from "../../protocol/words.ts";
import type { SolidityProof } from "../../prover/files/proof-format.ts";
import { calldataOf } from "./call.ts";

/** Calldata as long as that of a full batch of transfers, of the largest size, and as hard to compress. */
export function fullBatchCalldata(sizes: readonly BatchSize[]): string {
  const { transfers } = sizes.toSorted((a, b) => b.transfers - a.transfers)[0]!;
  const layout = layoutOf({ l1Operations: 0, withdrawals: 0, transfers });
  const last = layout.at(-1)!;
  const words = new Uint8Array(last.offset + last.bytes);
  for (const { name, offset, bytes } of layout) words.set(getBytes(id(name)).subarray(0, bytes), offset);
  const proof = Array.from({ length: 8 }, (_, i) => BigInt(id(`proof ${i}`))) as SolidityProof;
  const beneficiary = dataSlice(id("beneficiary"), 0, 20);
  return calldataOf([{ batchNumber: 1, size: 0, proof, c: BigInt(id("c")), words, refundAddresses: [], beneficiary }]);
}
