import { type BatchSize } from "./constants.ts";
import { transferMessage, withdrawalMessage, type Signed } from "./operations.ts";
import { ACCESS, SIGNING_DOMAIN, TOUCHED_SEGMENT, TREE_NODE } from "./packing.ts";
import { poseidon } from "./poseidon.ts";
import type { BatchRequest } from "./request.ts";
import type { Segmentation } from "./segments.ts";
import { BASE8, signatureHash, type AffinePoint, type Signature } from "./signature.ts";
import { finish, type Steps } from "./steps.ts";
import { poseidonSponge } from "./wide-poseidon.ts";
import { keptWordsOf, type PublishedBatch } from "./words.ts";

/** What stands in an unused row where a signature belongs: a valid key, which the circuit demands of every row. */
export const UNUSED_SIGNATURE: { readonly publicKey: AffinePoint; readonly signature: Signature } = {
  publicKey: BASE8,
  signature: { r8: { x: 0n, y: 0n }, s: 0n },
};

/**
 * The commitment `c`: everything that the challenge's identities speak of, absorbed before the challenge exists.
 * Header, L1 operations' and withdrawals' words, each signed row's signature hash, and for each access, segment and node
 * its root before and after it, then its position.
 */
export function commitmentOf(
  size: BatchSize,
  published: PublishedBatch,
  signed: Pick<BatchRequest, "withdrawals" | "transfers">,
  segmentation: Segmentation,
): bigint {
  return finish(commitmentSteps(size, published, signed, segmentation));
}

/** As `commitmentOf`, a row at a time. */
export function* commitmentSteps(
  size: BatchSize,
  published: PublishedBatch,
  { withdrawals, transfers }: Pick<BatchRequest, "withdrawals" | "transfers">,
  { accesses, segments, nodes }: Segmentation,
): Steps<bigint> {
  const { domain, token } = published;
  const withdrawalHashes = hashesOf(withdrawals, size.withdrawals, token, domain + 1n, (row) =>
    withdrawalMessage(domain, row),
  );
  const transferHashes = hashesOf(transfers, size.transfers, token, domain, (row) => transferMessage(domain, row));
  return poseidonSponge([
    ...keptWordsOf(size, published),
    ...(yield* withdrawalHashes),
    ...(yield* transferHashes),
    ...accesses.flatMap(({ update }) => update.segmentRoots),
    ...segments.flatMap(({ roots }) => roots),
    ...nodes.flatMap(({ roots }) => roots),
    ...ACCESS.packRows(accesses.map(({ update: { index }, age }, place) => ({ gap: place - age, index }))),
    ...TOUCHED_SEGMENT.packRows(segments),
    ...TREE_NODE.packRows(nodes.map(({ active, touched, label }) => ({ active, flags: flagsOf(touched), label }))),
  ]);
}

const flagsOf = (touched: readonly boolean[]): number =>
  touched.reduce((flags, isTouched, place) => flags + (isTouched ? 2 ** place : 0), 0);

/** The signature hash of each row of a kind, unused ones included. */
function* hashesOf<Operation>(
  rows: readonly Signed<Operation>[],
  capacity: number,
  token: number,
  domain: bigint,
  messageOf: (row: Signed<Operation>) => bigint,
): Steps<bigint[]> {
  const { publicKey, signature } = UNUSED_SIGNATURE;
  const unused = signatureHash(
    signature.r8,
    publicKey,
    poseidon([SIGNING_DOMAIN.pack({ late: 0, token, domain }), 0n]),
  );
  const hashes: bigint[] = [];
  for (const row of rows) {
    hashes.push(signatureHash(row.signature.r8, row.publicKey, messageOf(row)));
    yield;
  }
  while (hashes.length < capacity) hashes.push(unused);
  return hashes;
}
