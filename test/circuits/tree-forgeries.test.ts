import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import { nodeOf } from "../../protocol/wide-poseidon.ts";
import type { CircuitInput } from "../../protocol/witness.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { batchOn, challengeFor, changed } from "../support/circuits/forged-batch.ts";
import { CIRCUIT, denied, MEMORY, request, SIZE, state, TREE, unforced } from "../support/circuits/forged-scenario.ts";
import {
  childLabel,
  climbed,
  flags,
  hashesOf,
  parentLabel,
  placeOf,
  rowsOf,
  segmentLabel,
  withRows,
  type NodeRow,
  type SegmentRow,
} from "../support/circuits/forged-tree.ts";
import { brokenGuards, expectCheat, expectForgery } from "../support/circuits/guards.ts";

// What an operator could do to the tree above the segments if something were missing on its bus. The batch is the one of
// segment-forgeries.test.ts. The gain is always a segment that is not the state's: a phantom at the number 0, in which
// nobody is at Alice's index, so that her request to leave, in an L1 row, is denied.

const PHANTOM = EMPTY_NODES[3]!;
/** A row for segment 0 that puts the phantom on the memory bus and takes it off after the first access. */
const phantom: SegmentRow = { active: 1n, index: 0n, last: 1n, node: [PHANTOM, PHANTOM] };

describe("circuits: forged trees", () => {
  let circuit: TestCircuit;
  /** Alice is denied by a phantom segment's row, which no node's row takes yet. */
  let denial: CircuitInput;
  let segments: readonly SegmentRow[];
  let nodes: readonly NodeRow[];
  /** The row above segment 0, and its place among the rows. */
  let lowest: NodeRow;
  let at: number;
  before(async () => {
    circuit = await loadTemplate(CIRCUIT);
    const { input } = batchOn(state, SIZE, unforced);
    denial = { ...denied(input), l1Age: [0n, 0n, 2n] };
    ({ segments, nodes } = rowsOf(input));
    at = nodes.findIndex(({ label }) => label === parentLabel(segmentLabel(0)));
    lowest = nodes[at]!;
  });

  /** The input at the challenge that it gets. */
  const challenged = async (input: CircuitInput): Promise<CircuitInput> => ({
    ...input,
    alpha: await challengeFor(circuit, input),
  });
  /** A row with some children, of which the phantom is one, at a place that it says is touched. */
  const claiming = (label: bigint, place: number, active: bigint): NodeRow => {
    const children = new Array<bigint>(8).fill(0n).with(place, PHANTOM);
    return { active, label, touched: flags(place), child: [children, children] };
  };
  const withPhantom = (more: readonly NodeRow[], others: readonly NodeRow[] = nodes): CircuitInput =>
    withRows(denial, { segments: [...segments, phantom], nodes: [...others, ...more] });

  it("a segment's row needs a node that has it: a second row of one label finds none", async () => {
    await expectForgery(circuit, await challenged(withPhantom([])), [TREE]);
  });
  it("a node's row needs one as well, up to the root: a second row of the segment's parent finds none", async () => {
    const second = claiming(lowest.label, 0, 1n);
    await expectForgery(circuit, await challenged(withPhantom([second])), [TREE]);
  });
  it("and the root is the words': a second tree beside the state's is none of theirs", async () => {
    const branch: NodeRow[] = [claiming(lowest.label, 0, 1n)];
    while (branch.at(-1)!.label > 0n) {
      const below = branch.at(-1)!;
      const [old, now] = hashesOf(below);
      const place = placeOf(below.label);
      const child = [old, now].map((hash) => new Array<bigint>(8).fill(0n).with(place, hash)) as [bigint[], bigint[]];
      branch.push({ active: 1n, label: parentLabel(below.label), touched: flags(place), child });
    }
    expect(branch).to.have.lengthOf(8);
    await expectForgery(circuit, await challenged(withPhantom(branch)), [TREE]);
    // Not even if the words have its roots: then nobody has the state's.
    const root = hashesOf(branch.at(-1)!);
    const theirs = { ...withPhantom(branch), oldRoot: root[0], newRoot: root[1] };
    await expectForgery(circuit, await challenged(theirs), [TREE]);
  });
  it("a row that is not active touches nothing", async () => {
    const idle = claiming(7n, 0, 0n);
    const label = parentLabel(segmentLabel(0));
    const input = withPhantom([{ ...idle, label }]);
    await expectForgery(circuit, await challenged(input), [
      `nodeActive[${nodes.length}], nodeTouched[${nodes.length}][*]`,
    ]);
  });
  it("a flag is 0 or 1: with -1 a row that is not active touches nothing on balance", async () => {
    // Place 7 of the segment's parent is empty. The true row says that it is touched; the other one puts it there.
    const children = new Array<bigint>(8).fill(0n).with(0, PHANTOM).with(7, lowest.child[0][7]!);
    const idle = { ...lowest, active: 0n, touched: flags(0).with(7, Fr.neg(1n)), child: [children, children] } as const;
    const rows = nodes.with(at, { ...lowest, touched: lowest.touched.with(7, 1n) });
    const input = withPhantom([idle], rows);
    await expectForgery(circuit, await challenged(input), [`nodeTouched[${nodes.length}][7]`]);
  });
  it("active is 0 or 1: with -1 a row takes another one's place off the bus", async () => {
    const claim = claiming(lowest.label, 0, 1n);
    const undone = { ...claim, active: Fr.neg(1n), touched: flags() };
    const input = withPhantom([claim, undone]);
    await expectForgery(circuit, await challenged(input), [`nodeActive[${nodes.length + 1}]`]);
  });
  it("so is a segment's: with -1 it takes another one's place off the tree bus, and not off the memory bus", async () => {
    // There it takes what it puts.
    const undone = { ...phantom, active: Fr.neg(1n), last: 0n };
    const rows = withRows(denial, { segments: [...segments, phantom, undone], nodes });
    await expectForgery(circuit, await challenged(rows), ["segmentActive[3]"]);
  });
  it("a child that is not touched does not change", async () => {
    const rows = nodes.with(at, { ...lowest, child: [lowest.child[0], lowest.child[1].with(3, PHANTOM + 1n)] });
    const { input } = batchOn(state, SIZE, unforced);
    const forged = climbed(input, { segments, nodes: rows });
    expect(forged["newRoot"]).not.to.equal(input["newRoot"]);
    const guard = `nodeChild[${at}][0][3], nodeChild[${at}][1][3], nodeTouched[${at}][3]`;
    await expectForgery(circuit, await challenged(forged), [guard]);
  });
  it("a child that is touched is a row's: or it becomes anything", async () => {
    const child = [lowest.child[0], lowest.child[1].with(3, PHANTOM + 1n)] as const;
    const rows = nodes.with(at, { ...lowest, touched: lowest.touched.with(3, 1n), child });
    const forged = climbed(batchOn(state, SIZE, unforced).input, { segments, nodes: rows });
    await expectForgery(circuit, await challenged(forged), [TREE]);
  });
  it("a segment that is not active is on neither bus", async () => {
    const rows = withRows(denial, { segments: [...segments, { ...phantom, active: 0n }], nodes });
    await expectForgery(circuit, await challenged(rows), [MEMORY]);
  });
  it("the new root is the one that the rows lead to, and the old one the state's", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    for (const name of ["oldRoot", "newRoot"]) {
      const other = { ...input, [name]: Fr.add(input[name] as bigint, 1n) };
      await expectForgery(circuit, await challenged(other), [TREE]);
    }
  });
  it("a row does not stand in a segment's place, with nodes below it that are within the segment", async () => {
    // Segment 0 stays as it is here: all slots are Bob's. Its root is opened as a node.
    const { input } = batchOn(state, SIZE, { ...unforced, withdrawals: [], transfers: [] });
    const { segments: own, nodes: above } = rowsOf(input);
    const tree = state.treeFork();
    const children = Array.from({ length: 8 }, (_, place) => tree.node(2, 8 * 3 + place));
    expect(nodeOf(children)).to.equal(tree.node(3, 3));
    const deep: NodeRow = { active: 1n, label: segmentLabel(3), touched: flags(), child: [children, children] };
    const rows = above.map((row) => (row.label === lowest.label ? { ...row, touched: row.touched.with(3, 1n) } : row));
    const forged = withRows(input, { segments: own, nodes: [...rows, deep] });
    const guard = `nodeLabel[${rows.length}], node[${rows.length}].RangeCheck.bit[*]`;
    await expectForgery(circuit, await challenged(forged), [guard]);
  });
  it("labels do not go round: -1 would be its own parent, were there a hash that is its own child", async () => {
    // Not with Poseidon; but the argument does not need that. Here a node is its first child.
    const weak = await loadTemplate({
      ...CIRCUIT,
      patches: [{ file: "tree_node.circom", from: "Poseidon(8)(child[k])", to: "child[k][0]" }],
    });
    const hash = 77n;
    const branch: NodeRow[] = [claiming(lowest.label, 0, 1n)];
    while (branch.at(-1)!.label > 0n) branch.push(claiming(parentLabel(branch.at(-1)!.label), 0, 1n));
    const children = [hash, PHANTOM, 0n, 0n, 0n, 0n, 0n, 0n];
    const around: NodeRow = { active: 1n, label: Fr.neg(1n), touched: flags(0, 1), child: [children, children] };
    expect(childLabel(around.label, 0)).to.equal(around.label);
    expect(childLabel(around.label, 1)).to.equal(0n);
    const { nodes: own, roots } = weaklyHashed(segments, nodes);
    const input = withRows(denial, { segments: [...segments, phantom], nodes: [...own, ...branch, around] });
    const guard = `nodeLabel[${own.length + 8}], node[${own.length + 8}].RangeCheck.bit[*]`;
    const forged = { ...input, oldRoot: roots[0], newRoot: roots[1] };
    await expectForgery(weak, { ...forged, alpha: await challengeFor(weak, forged) }, [guard]);
  });
  it("the root's term is not the prover's to choose: what is missing on the bus would be in it", async () => {
    const witness = await circuit.forge(await challenged(withPhantom([])));
    const sum = TREE.split(", ").filter((name) => name !== "rootTaken");
    const missing = sum.reduce((total, name) => Fr.add(total, circuit.get(witness, name)), 0n);
    const forged = circuit.set(witness, "rootTaken", missing);
    expect(brokenGuards(circuit, forged)).to.deep.equal(["Quotient.denominator, rootTaken"]);
  });
  it("nor are the challenges that follow from alpha, or any two triples meet", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    await expectCheat(circuit, input, { gamma: 5n }, ["beta, gamma"]);
  });
  it("c fixes labels, flags, hashes and which rows are in use", async () => {
    const { input } = batchOn(state, SIZE, request);
    const c = circuit.get(await circuit.forge(input), "c");
    const row = rowsOf(input).nodes.length;
    for (const [name, value] of [
      ["nodeLabel[0]", 5n],
      [`nodeTouched[${row}][3]`, 1n],
      [`nodeActive[${row}]`, 1n],
      ["nodeChild[0][0][2]", 5n],
      ["nodeChild[0][1][2]", 5n],
      ["segmentIndex[0]", 5n],
      ["segmentLast[0]", 5n],
      ["segmentActive[2]", 1n],
      ["segmentNode[2][0]", 5n],
      ["segmentNode[2][1]", 5n],
      ["oldRoot", 5n],
      ["newRoot", 5n],
    ] as const) {
      expect(circuit.get(await circuit.forge(changed(input, { [name]: value })), "c"), name).not.to.equal(c);
    }
  });
});

/** The rows of a tree in which a node is its first child. */
function weaklyHashed(
  segments: readonly SegmentRow[],
  nodes: readonly NodeRow[],
): { nodes: NodeRow[]; roots: readonly [bigint, bigint] } {
  const hashes = new Map(segments.map(({ index, node }) => [segmentLabel(Number(index)), node]));
  const done = [...nodes].sort((a, b) => (a.label < b.label ? 1 : -1));
  const rows = done.map((row) => {
    const version = (k: 0 | 1): bigint[] =>
      row.child[k].map((child, place) => hashes.get(childLabel(row.label, place))?.[k] ?? child);
    const child = [version(0), version(1)] as const;
    hashes.set(row.label, [child[0][0]!, child[1][0]!]);
    return { ...row, child };
  });
  return { nodes: rows, roots: hashes.get(0n)! };
}
