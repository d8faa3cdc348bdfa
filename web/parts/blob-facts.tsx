import type { ComponentChildren } from "preact";
import { useNow } from "../data/clock.ts";
import { node, type Batch } from "../data/node.ts";
import { Age } from "./values.tsx";
import { CopyText } from "./copy-text.tsx";

/** Seconds for which L1's nodes keep a blob: 4,096 epochs of 32 slots of 12 seconds (EIP-4844). */
const KEPT = 4_096 * 32 * 12;

/** Facts about the blob that a batch's transfers are in: none for a batch that is in calldata as a whole. */
export function blobFacts({ blob, timestamp, fees }: Batch): readonly (readonly [string, ComponentChildren])[] {
  if (blob === undefined) return [];
  const { versionedHash } = blob;
  return [
    ["Transfers are in", "a blob of L1, which its nodes forget after 18 days"],
    ["Blob", <CopyText text={versionedHash} name="the blob's versioned hash" whole />],
    ["The blob is from", <Age timestamp={timestamp} />],
    [
      "It can be had from",
      <BlobPlaces versionedHash={versionedHash} timestamp={timestamp} isHere={fees !== undefined} />,
    ],
  ];
}

interface PlacesOptions {
  readonly versionedHash: string;
  readonly timestamp: number;
  readonly isHere: boolean;
}

function BlobPlaces({ versionedHash, timestamp, isHere }: PlacesOptions) {
  const isKept = useNow() - timestamp < KEPT;
  const here = isHere && <a href={`${node.url}/blobs/${versionedHash}`}>this node</a>;
  return (
    <>
      {here}
      {here && isKept && ", and "}
      {isKept && (
        <>
          L1's beacon nodes, until <Age timestamp={timestamp + KEPT} isDue />
        </>
      )}
      {!here && !isKept && "archives alone; this node is not one"}
    </>
  );
}
