import { coefficientsOf } from "../../../l1/blobs/layout.ts";
import type { BlobKzg } from "../../../node/sequencer/parcelling.ts";
import type { Kzg } from "../../../node/submitter/wire.ts";
import { evaluateBlob } from "../../../protocol/blob.ts";
import { cellProofsOf } from "../../../l1/blobs/kzg.ts";
import { commit, proveAt, proveBlob } from "../chain/small-kzg.ts";

/** For blobs of a few words, and for Hardhat's chain, which takes EIP-4844's form alone: proofs of cells are none. */
export const QUICK_KZG: BlobKzg & Kzg = {
  commitmentOf: (blob) => Promise.resolve(commit(coefficientsOf(blob))),
  openingAt: (blob, z) => {
    const coefficients = coefficientsOf(blob);
    return Promise.resolve({ value: evaluateBlob(coefficients, z), proof: proveAt(coefficients, z) });
  },
  cellProofsOf: () => Promise.resolve(Array.from({ length: 128 }, () => new Uint8Array(48))),
  blobProofOf: (blob, commitment) => Promise.resolve(proveBlob(blob, commitment, coefficientsOf(blob))),
};

/** For a chain that looks at the proofs of cells, such as Anvil's. */
export const CELL_KZG: BlobKzg & Kzg = { ...QUICK_KZG, cellProofsOf };
