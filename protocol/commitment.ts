import type { BatchSize } from "./constants.ts";
import { transferMessage, withdrawalMessage, type Signed } from "./operations.ts";
import { ACCESS, MEMORY, SIGNING_DOMAIN } from "./packing.ts";
import { poseidon, poseidonSponge } from "./poseidon.ts";
import type { BatchRequest } from "./request.ts";
import type { Segmentation } from "./segments.ts";
import { BASE8, signatureHash, type AffinePoint, type Signature } from "./signature.ts";
import { wordsOf, type PublishedBatch } from "./words.ts";

/** What stands in an unused row where a signature belongs: a valid key, which the circuit demands of every row. */
export const UNUSED_SIGNATURE: { readonly publicKey: AffinePoint; readonly signature: Signature } = {
  publicKey: BASE8,
  signature: { r8: { x: 0n, y: 0n }, s: 0n },
};

/**
 * The commitment `c`: everything that the challenge's identities speak of, absorbed before the challenge exists.
 * Header, L1 operations' and withdrawals' words, each signed row's signature hash, and for each access and each segment
 * its place and time and the segment's root before and after it.
 */
export function commitmentOf(
  size: BatchSize,
  published: PublishedBatch,
  { withdrawals, transfers }: Pick<BatchRequest, "withdrawals" | "transfers">,
  { accesses, moves }: Segmentation,
): bigint {
  const { domain, token } = published;
  return poseidonSponge([
    ...wordsOf(size, published).slice(0, -size.transfers / 2),
    ...hashesOf(withdrawals, size.withdrawals, token, domain + 1n, (row) => withdrawalMessage(domain, row)),
    ...hashesOf(transfers, size.transfers, token, domain, (row) => transferMessage(domain, row)),
    ...accesses.flatMap(({ update: { index, segmentRoots }, age }) => [ACCESS.pack({ age, index }), ...segmentRoots]),
    ...moves.flatMap(({ segment, last, before, after }) => [MEMORY.pack({ time: last, segment }), before, after]),
  ]);
}

/** The signature hash of each row of a kind, unused ones included. */
function hashesOf<Operation>(
  rows: readonly Signed<Operation>[],
  capacity: number,
  token: number,
  domain: bigint,
  messageOf: (row: Signed<Operation>) => bigint,
): bigint[] {
  const { publicKey, signature } = UNUSED_SIGNATURE;
  const unused = signatureHash(signature.r8, publicKey, poseidon([SIGNING_DOMAIN.pack({ token, domain }), 0n]));
  return Array.from({ length: capacity }, (_, place) => {
    const row = rows[place];
    return row === undefined ? unused : signatureHash(row.signature.r8, row.publicKey, messageOf(row));
  });
}
