import { HDNodeWallet, hexlify, Mnemonic, Transaction, type Provider, type TransactionReceipt } from "ethers";
import { DEV_MNEMONIC } from "../../../devnet/accounts.ts";
import { packOpening, type BlobOpening } from "../../../l1/blob-opening.ts";
import { blobOf } from "../../../l1/blobs/layout.ts";
import { versionedHashOf } from "../../../l1/blobs/kzg.ts";
import { ROLLUP } from "../../../l1/contract.ts";
import { evaluateBlob } from "../../../protocol/blob.ts";
import { blobPointOf } from "../../../protocol/challenge.ts";
import { commit, proveAt, proveBlob } from "./small-kzg.ts";

/** What a batch in a blob is, as far as the blob's point and values need it. */
export interface BlobPart {
  /** See `digestOf`. */
  readonly digest: Uint8Array;
  readonly transferWords: readonly bigint[];
}

/** A blob with batches' transfers, and all that is to be known of it. */
export interface OpenedBlob {
  readonly blob: Uint8Array;
  readonly coefficients: readonly bigint[];
  readonly versionedHash: Uint8Array;
  readonly z: bigint;
  readonly opening: BlobOpening;
}

/**
 * A blob of a few words. Given coefficients may be others than the batches' words.
 *
 * @param z where it is opened, if not where the contract does
 */
export function openedBlob(
  parts: readonly BlobPart[],
  coefficients: readonly bigint[] = parts.flatMap(({ transferWords }) => transferWords),
  z?: bigint,
): OpenedBlob {
  const blob = blobOf(coefficients);
  const commitment = commit(coefficients);
  const versionedHash = Buffer.from(versionedHashOf(commitment).slice(2), "hex");
  const digests = parts.map(({ digest }) => digest);
  const point = z ?? blobPointOf(versionedHash, digests);
  const proof = proveAt(coefficients, point);
  const values = parts.map(({ transferWords }) => evaluateBlob(transferWords, point));
  return { blob, coefficients, versionedHash, z: point, opening: { commitment, proof, values } };
}

export interface BlobCall {
  readonly rollup: string;
  readonly batches: Uint8Array;
  readonly opening: Uint8Array;
  /** None is sent without it. */
  readonly blob?: OpenedBlob;
}

/**
 * Sends a call of `submitBatchesInBlob` by an account of Hardhat's chain, in EIP-4844's wrapper, the one that chain takes.
 *
 * @param account its number: 1 is the operator
 */
export async function sendInBlob(
  provider: Provider,
  { rollup, batches, opening, blob }: BlobCall,
  account = 1,
): Promise<TransactionReceipt> {
  const path = `m/44'/60'/0'/0/${account}`;
  const wallet = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEV_MNEMONIC), path).connect(provider);
  const data = ROLLUP.encodeFunctionData("submitBatchesInBlob", [batches, opening]);
  const transaction = Transaction.from({
    ...{ type: blob === undefined ? 2 : 3, chainId: 31337, nonce: await wallet.getNonce(), to: rollup, data },
    ...{ gasLimit: 15_000_000, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n },
    ...(blob && { maxFeePerBlobGas: 10n ** 11n }),
  });
  if (blob !== undefined) {
    const { commitment } = blob.opening;
    const proof = hexlify(proveBlob(blob.blob, commitment, blob.coefficients));
    transaction.blobs = [{ data: hexlify(blob.blob), commitment: hexlify(commitment), proof }];
  }
  transaction.signature = wallet.signingKey.sign(transaction.unsignedHash);
  const sent = await provider.broadcastTransaction(transaction.serialized);
  return (await sent.wait())!;
}

/** The two arguments of `submitBatchesInBlob` with the blob that they are for. */
export const callOf = (rollup: string, batches: Uint8Array, opened: OpenedBlob): BlobCall => ({
  ...{ rollup, batches, opening: packOpening(opened.opening), blob: opened },
});
