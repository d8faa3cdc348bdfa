import { TREE_ARITY } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import { nodeOf } from "../../../protocol/wide-poseidon.ts";
import type { CircuitInput, SignalValue } from "../../../protocol/witness.ts";

/** A segment's row of a batch circuit's input. */
export interface SegmentRow {
  readonly active: bigint;
  readonly index: bigint;
  readonly last: bigint;
  readonly node: readonly [bigint, bigint];
}

/** A node's row. */
export interface NodeRow {
  readonly active: bigint;
  readonly label: bigint;
  readonly touched: readonly bigint[];
  readonly child: readonly [readonly bigint[], readonly bigint[]];
}

export interface TreeRows {
  readonly segments: readonly SegmentRow[];
  readonly nodes: readonly NodeRow[];
}

const SEGMENT_LABELS = 2n ** 24n - 1n;

export const segmentLabel = (segment: number): bigint => SEGMENT_LABELS + BigInt(segment);
export const childLabel = (label: bigint, place: number): bigint => Fr.create(8n * label + 7n + BigInt(place));
export const parentLabel = (label: bigint): bigint => (label + 1n) / 8n - 1n;
export const placeOf = (label: bigint): number => Number((label + 1n) % 8n);
export const hashesOf = ({ child: [old, now] }: NodeRow): [bigint, bigint] => [nodeOf(old), nodeOf(now)];
export const flags = (...places: number[]): bigint[] =>
  Array.from({ length: TREE_ARITY }, (_, place) => (places.includes(place) ? 1n : 0n));

/** The rows of an input that are in use. */
export function rowsOf(input: CircuitInput): TreeRows {
  const column = <T>(name: string): readonly T[] => input[name] as unknown as readonly T[];
  const segments = column<bigint>("segmentActive").map((active, row) => ({
    active,
    index: column<bigint>("segmentIndex")[row]!,
    last: column<bigint>("segmentLast")[row]!,
    node: column<[bigint, bigint]>("segmentNode")[row]!,
  }));
  const nodes = column<bigint>("nodeActive").map((active, row) => ({
    active,
    label: column<bigint>("nodeLabel")[row]!,
    touched: column<bigint[]>("nodeTouched")[row]!,
    child: column<[bigint[], bigint[]]>("nodeChild")[row]!,
  }));
  const used = <Row extends { readonly active: bigint }>(rows: readonly Row[]): Row[] =>
    rows.filter(({ active }) => active === 1n);
  return { segments: used(segments), nodes: used(nodes) };
}

const NONE = new Array<bigint>(TREE_ARITY).fill(0n);
const UNUSED_SEGMENT: SegmentRow = { active: 0n, index: 0n, last: 0n, node: [0n, 0n] };
const UNUSED_NODE: NodeRow = { active: 0n, label: 0n, touched: NONE, child: [NONE, NONE] };

/** The input with other rows for segments and nodes, in the rows' order, and perhaps another new root. */
export function withRows(input: CircuitInput, rows: TreeRows, newRoot = input["newRoot"] as bigint): CircuitInput {
  const room = (name: string): number => (input[name] as readonly SignalValue[]).length;
  const fill = <Row>(some: readonly Row[], unused: Row, count: number): Row[] => {
    if (some.length > count) throw new Error(`The circuit has ${count} rows, not ${some.length}`);
    return Array.from({ length: count }, (_, row) => some[row] ?? unused);
  };
  const segments = fill(rows.segments, UNUSED_SEGMENT, room("segmentActive"));
  const nodes = fill(rows.nodes, UNUSED_NODE, room("nodeActive"));
  return {
    ...input,
    newRoot,
    segmentActive: segments.map(({ active }) => active),
    segmentIndex: segments.map(({ index }) => index),
    segmentLast: segments.map(({ last }) => last),
    segmentNode: segments.map(({ node }) => node),
    nodeActive: nodes.map(({ active }) => active),
    nodeLabel: nodes.map(({ label }) => label),
    nodeTouched: nodes.map(({ touched }) => touched),
    nodeChild: nodes.map(({ child }) => child),
  };
}

/**
 * The input with other new roots of segments in use, and all nodes above them hashed anew up to the new root. What rows
 * say of children that no row has stays as it is.
 */
export function withSegments(input: CircuitInput, segments: readonly SegmentRow[]): CircuitInput {
  return climbed(input, { segments, nodes: rowsOf(input).nodes });
}

/** As `withRows`, with the nodes' new children and the new root computed from the rows below them. */
export function climbed(input: CircuitInput, { segments, nodes }: TreeRows): CircuitInput {
  const now = new Map(segments.map(({ index, node }) => [SEGMENT_LABELS + index, node[1]]));
  const done = new Map<NodeRow, NodeRow>();
  for (const node of [...nodes].sort((a, b) => (a.label < b.label ? 1 : -1))) {
    const children = node.child[1].map((child, place) => now.get(childLabel(node.label, place)) ?? child);
    done.set(node, { ...node, child: [node.child[0], children] });
    now.set(node.label, nodeOf(children));
  }
  const climbedNodes = nodes.map((node) => done.get(node)!);
  return withRows(input, { segments, nodes: climbedNodes }, now.get(0n)!);
}
