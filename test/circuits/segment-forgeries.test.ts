import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { EMPTY_NODES, labelOf, nodesAbove } from "../../protocol/tree.ts";
import type { CircuitInput, SignalValue } from "../../protocol/witness.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { batchOn, changed, withSlots } from "../support/circuits/forged-batch.ts";
import {
  ALICE,
  BOB,
  CIRCUIT,
  denied,
  honestSlots,
  MEMORY,
  NOBODY,
  request,
  SIZE,
  state,
  unforced,
} from "../support/circuits/forged-scenario.ts";
import { flags, rowsOf, withRows, withSegments } from "../support/circuits/forged-tree.ts";
import { expectForgery } from "../support/circuits/guards.ts";

// What an operator could do to the accounts of a batch if something were missing on its memory bus. Accesses are at the
// times 1 to 3 (L1 operations), 4 (Carol's slot), 5 (Grace's), 6 (Alice's), 7 (Bob's), 8 (the operator's) and 9 (an unused one);
// all are to segment 0 but Bob's, which is the only one to his segment.

const BOBS_SEGMENT = Math.floor(BOB / 512);
const NEXT_TIME = 2n ** 23n;
const gap = (row: string): string => `${row}.access.RangeCheck.bit[*], ${row}.access.gap`;

describe("circuits: forged accesses to segments", () => {
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate(CIRCUIT)));

  it("are taken if they are honest", async () => {
    for (const honest of [request, unforced]) {
      const { input } = batchOn(state, SIZE, honest);
      expect(input["l1Age"]).to.deep.equal([0n, 1n, 2n]);
      expect(input["slotAge"]).to.deep.equal([3n, 4n, 5n, 0n, 6n, 8n]);
      expect(input["segmentLast"]).to.deep.equal([9n, 7n, 0n, 0n]);
      expect(circuit.violated(await circuit.witness(input))).to.be.empty;
    }
  });

  it("an access reads what the last one wrote: Carol's withdrawal is not undone by Grace's", async () => {
    const { input } = batchOn(state, SIZE, request);
    // Grace's slot, and all after it, on the segment as it was before the batch.
    const late = withSlots(state, SIZE, { ...request, l1Operations: [] }, honestSlots.slice(1));
    const [lateChildren, children] = [late, input].map((from) => from["slotChildren"] as readonly SignalValue[]);
    const stale = withSegments(
      {
        ...input,
        slotAge: [3n, 0n, 5n, 0n, 6n, 8n],
        slotChildren: [children![0]!, ...lateChildren!.slice(0, 5)],
      },
      rowsOf(late).segments.map((row, i) => ({ ...row, last: [9n, 7n][i]! })),
    );
    await expectForgery(circuit, stale, [MEMORY]);
  });

  it("an access reads from an earlier one, not from itself: or a forced withdrawal is denied", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    const itself = { ...denied(input), l1Age: [1n, 0n, 2n] };
    const forged = await expectForgery(circuit, itself, [gap("l1[0]")]);
    expect(circuit.get(forged, "l1[0].memory")).to.equal(0n);
    await expectForgery(circuit, { ...itself, l1Age: [0n, 0n, 2n] }, [MEMORY]);
  });

  it("segments end as their own accesses left them: they are not exchanged", async () => {
    const { input } = batchOn(state, SIZE, request);
    const [zero, bobs] = rowsOf(input).segments;
    const shift = Fr.div(BigInt(BOBS_SEGMENT), NEXT_TIME);
    // Segment 0 takes what is at (Bob's segment, 7), and Bob's what is at (0, 9).
    const exchanged = withSegments(input, [
      { ...zero!, last: Fr.add(7n, shift), node: [zero!.node[0], bobs!.node[1]] },
      { ...bobs!, last: Fr.sub(9n, shift), node: [bobs!.node[0], zero!.node[1]] },
    ]);
    const guards = ["segmentLast[0], segment[0].RangeCheck.bit[*]", "segmentLast[1], segment[1].RangeCheck.bit[*]"];
    await expectForgery(circuit, exchanged, guards);
  });

  it("accesses read from their own segment", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    const shift = Fr.div(BigInt(BOBS_SEGMENT), NEXT_TIME);
    // The request to leave reads from Bob's segment, where nobody is at Alice's place, and Bob's slot reads from there.
    const children = state.treeFork().path(BOBS_SEGMENT * 512 + ALICE, 0, 3);
    const elsewhere = {
      ...denied(input, children),
      ...{ l1Age: [shift, 0n, 2n], slotAge: [3n, 4n, 5n, Fr.sub(1n, shift), 6n, 8n] },
    };
    await expectForgery(circuit, elsewhere, [gap("l1[0]"), gap("slot[3]")]);
  });

  it("accesses are to segments that the batch has", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    // The phantom segment of Alice's request to leave is there, with its own number, but the batch does not prove it.
    const unlisted = changed(denied(input), { "l1Index[0]": BigInt(ALICE) + 512n, "l1Age[1]": 0n });
    await expectForgery(circuit, unlisted, [MEMORY]);
  });

  it("a segment's number has 23 bits: or it puts an empty segment at a later time of another", async () => {
    const { input } = batchOn(state, SIZE, { ...request, l1Operations: request.l1Operations.slice(0, 1) });
    const { segments, nodes } = rowsOf(input);
    // The upper half of the tree has no index, and is empty for good: so is the segment 2^23, which stands on the memory
    // bus at the time 0 where segment 0 stands at the time 1. The second L1 row denies Alice's request from there.
    const outside = { active: 1n, index: 2n ** 23n, last: 1n, node: [EMPTY_NODES[3]!, EMPTY_NODES[3]!] } as const;
    const above = Array.from(nodesAbove([2 ** 23]), ({ level, position }) => {
      const children = new Array<bigint>(8).fill(EMPTY_NODES[level - 1]!);
      const label = BigInt(labelOf(level, position));
      return { active: 1n, label, touched: flags(0), child: [children, children] } as const;
    });
    const root = nodes.at(-1)!;
    const rows = [...nodes.slice(0, -1), ...above.slice(0, -1), { ...root, touched: root.touched.with(4, 1n) }];
    const late = { ...denied(input, undefined, 1), l1Age: [0n, 1n, 1n] };
    const forged = withRows(late, { segments: [...segments, outside], nodes: rows });
    await expectForgery(circuit, forged, ["segmentIndex[2], segment[2].RangeCheck.bit[*]"]);
  });

  it("c fixes the index of an empty slot", async () => {
    const at = (index: number): CircuitInput => withSlots(state, SIZE, request, [...honestSlots, { index }]);
    const [first, second] = [await circuit.witness(at(NOBODY)), await circuit.witness(at(NOBODY + 1))];
    expect(circuit.violated(first)).to.be.empty;
    expect(circuit.violated(second)).to.be.empty;
    expect(circuit.get(first, "c")).not.to.equal(circuit.get(second, "c"));
  });
});
