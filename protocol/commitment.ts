import { leafOf } from "./account.ts";
import type { BatchSize } from "./constants.ts";
import { transferMessage, type Signed, type Transfer } from "./operations.ts";
import { SIGNING_DOMAIN } from "./packing.ts";
import { poseidon, poseidonSponge } from "./poseidon.ts";
import { BASE8, signatureHash, type AffinePoint, type Signature } from "./signature.ts";
import type { AccountUpdate } from "./state.ts";
import { wordsOf, type PublishedBatch } from "./words.ts";

/** What stands in an unused row where a signature belongs: a valid key, which the circuit demands of every row. */
export const UNUSED_SIGNATURE: { readonly publicKey: AffinePoint; readonly signature: Signature } = {
  publicKey: BASE8,
  signature: { r8: { x: 0n, y: 0n }, s: 0n },
};

/** The message of an unused row: no payload, under the token of the batch. */
const unusedMessage = (domain: bigint, token: number): bigint => poseidon([SIGNING_DOMAIN.pack({ token, domain }), 0n]);

/**
 * The commitment `c`: everything that the challenge's identities speak of, absorbed before the challenge exists.
 * Header, L1 operations' and withdrawals' words, each transfer row's signature hash, each slot's old and new leaf.
 */
export function commitmentOf(
  size: BatchSize,
  published: PublishedBatch,
  transfers: readonly Signed<Transfer>[],
  slots: readonly AccountUpdate[],
): bigint {
  const { domain, token } = published;
  const { publicKey, signature } = UNUSED_SIGNATURE;
  const unused = signatureHash(signature.r8, publicKey, unusedMessage(domain, token));
  const hashes = transfers.map((transfer) =>
    signatureHash(transfer.signature.r8, transfer.publicKey, transferMessage(domain, transfer)),
  );
  const leaves = slots.flatMap(({ index, before, after }) => [leafOf(index, before), leafOf(index, after)]);
  return poseidonSponge([
    ...wordsOf(size, published).slice(0, -size.transfers / 2),
    ...hashes,
    ...Array<bigint>(size.transfers - transfers.length).fill(unused),
    ...leaves,
    ...Array<bigint>(2 * (size.accounts - slots.length)).fill(0n),
  ]);
}
