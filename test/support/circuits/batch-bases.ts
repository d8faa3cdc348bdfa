import { poseidon } from "../../../protocol/poseidon.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import type { CircuitInput } from "../../../protocol/witness.ts";
import { signWith } from "./eddsa.ts";
import { batchOn, changed, withSlots } from "./forged-batch.ts";
import { DOMAIN, EMPTY_SLOTS, idleRequest, request, SIZE, state, ZOE } from "./forged-scenario.ts";

/** A valid input that a cheating prover starts from, and what of it he adapts so that sums hold. */
export interface Base {
  readonly name: string;
  readonly input: CircuitInput;
  readonly adapted: readonly string[];
  /** Outputs that are the prover's to choose, as inputs are. */
  readonly outputs?: readonly string[];
}

/** The inputs of a slot, a segment and the batch that make up for whatever is changed elsewhere. */
const adapting = (slot: number, node: string, root: string): string[] => [
  ...[`slotBalance[${slot}][0]`, `slotNonce[${slot}][0]`, node, root, "blobQuotient", "blobRemainder"],
];

/**
 * A batch in the first second there is, with so many rows of each kind in use, and these from L1 in this order. In the others nothing has expired, and they
 * are signed by their key, whose secret is 1: any of them could be in use.
 */
function dawn(used: {
  readonly l1Operations: readonly number[];
  readonly withdrawals: number;
  readonly transfers: number;
}): CircuitInput {
  const some: BatchRequest = {
    ...{ ...request, timestamp: 0 },
    l1Operations: used.l1Operations.map((row) => request.l1Operations[row]!),
    withdrawals: request.withdrawals.slice(0, used.withdrawals),
    transfers: request.transfers.slice(0, used.transfers),
  };
  const isIdle = used.withdrawals + used.transfers === 0;
  const input = isIdle
    ? withSlots(
        state,
        SIZE,
        { ...idleRequest, l1Operations: [], timestamp: 0, token: 0, feeAccount: 0 },
        [...EMPTY_SLOTS.slice(1), { index: ZOE }],
        0,
      )
    : batchOn(state, SIZE, some).input;
  const token = isIdle ? 0n : BigInt(request.token);
  const signed = (kind: string, row: number, domain: bigint): [string, bigint][] => {
    const message = poseidon([domain + token * 2n ** 232n, 0n]);
    const { r8, s } = signWith({ secret: 1n, nonce: 77n + BigInt(row), message }).signature;
    return [
      [`${kind}R8x[${row}]`, r8.x],
      [`${kind}R8y[${row}]`, r8.y],
      [`${kind}S[${row}]`, s],
    ];
  };
  const rows = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const signatures = [
    ...rows(used.transfers, SIZE.transfers).flatMap((row) => signed("transfer", row, DOMAIN)),
    ...rows(used.withdrawals, SIZE.withdrawals).flatMap((row) => signed("withdrawal", row, DOMAIN + 1n)),
  ];
  return changed(input, Object.fromEntries(signatures));
}

/** Batches in which each row is in use, the last of its kind in use, and not in use; and each slot empty and not. */
export const BASES: readonly (() => Base)[] = [
  () => ({
    ...{ name: "none in use", input: dawn({ l1Operations: [], withdrawals: 0, transfers: 0 }) },
    adapted: adapting(SIZE.accounts - 1, "segmentNode[0][0]", "oldRoot"),
  }),
  () => ({
    ...{ name: "all rows in use", input: batchOn(state, SIZE, request).input },
    adapted: adapting(3, "segmentNode[1][1]", "newRoot"),
  }),
  () => ({
    ...{ name: "the first ones in use", input: dawn({ l1Operations: [0], withdrawals: 1, transfers: 1 }) },
    adapted: adapting(2, "segmentNode[0][1]", "newRoot"),
  }),
  () => ({
    ...{ name: "two in use", input: dawn({ l1Operations: [1, 0], withdrawals: 2, transfers: 2 }) },
    adapted: adapting(2, "segmentNode[1][1]", "newRoot"),
  }),
  () => ({
    ...{ name: "all transfers but one in use", input: dawn({ l1Operations: [1, 2, 0], withdrawals: 0, transfers: 3 }) },
    adapted: adapting(2, "segmentNode[1][1]", "newRoot"),
  }),
];
