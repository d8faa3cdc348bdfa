import type { OwnBatch } from "../pool/batches.ts";
import type { Numbers } from "../submitter/nonces.ts";
import type { Placed, Run } from "./departures.ts";

// What work on batches is called, in logs and among troubles. It is not the same where its batches are not.

export const numbersOf = (run: readonly OwnBatch[]): Numbers => ({ first: run[0]!.number, last: run.at(-1)!.number });

export const nameOf = ({ first, last }: Numbers): string =>
  first === last ? `batch ${first}` : `batches ${first} to ${last}`;

export const proofOf = ({ own: { number, c }, z }: Placed): string =>
  `proof of batch ${number}, c = ${c}${z === undefined ? "" : `, z = ${z}`}`;

export const submissionOf = ({ batches, closed }: Run): string =>
  `submission of ${batchesIn(batches)}${closed === undefined ? "" : `, z = ${closed.parcel.z}`}`;

export const closingOf = (run: readonly OwnBatch[]): string => `blob of ${batchesIn(run)}`;

const batchesIn = (run: readonly OwnBatch[]): string =>
  `${nameOf(numbersOf(run))}, c = ${run.map(({ c }) => c).join()}`;
