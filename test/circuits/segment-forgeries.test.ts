import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import type { CircuitInput, SignalValue } from "../../protocol/witness.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { batchOn, changed, withSlots } from "../support/circuits/forged-batch.ts";
import {
  ALICE,
  BOB,
  CIRCUIT,
  honestSlots,
  NOBODY,
  request,
  SIZE,
  state,
  transfer,
} from "../support/circuits/forged-scenario.ts";
import { expectForgery } from "../support/circuits/guards.ts";

// What an operator could do to the accounts of a batch if something were missing on its memory bus. Accesses are at the
// times 1 (the L1 operation), 2 (Carol's slot), 3 (Alice's), 4 (Bob's), 5 (the operator's) and 6 (an unused one); all
// are to segment 0 but Bob's, which is the only one to his segment.

const MEMORY = [
  "l1[0].memory",
  ...[0, 1].map((j) => `segment[${j}].memory`),
  ...[0, 1, 2, 3, 4].map((i) => `slot[${i}].memory`),
].join(", ");
const ORDER = "RangeCheck[1].bit[*], RangeCheck[1].in";
const BOBS_SEGMENT = BigInt(Math.floor(BOB / 2 ** 18));
const NEXT_TIME = 2n ** 14n;

describe("circuits: forged accesses to segments", () => {
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate(CIRCUIT)));

  const unforced: BatchRequest = { ...request, l1Operations: [] };
  /** Alice's request to leave, and a path on which there is nobody at her index: in a segment that is not the state's. */
  const denial: Readonly<Record<string, SignalValue>> = {
    ...{ l1Kind: [3n], l1Index: [BigInt(ALICE)], l1Token: [5n], l1Address: [0xa11cen] },
    l1Children: [EMPTY_NODES.slice(0, 6).map((node) => Array<bigint>(8).fill(node))],
  };
  const phantom = EMPTY_NODES[6]!;

  /** A segment's path after segment 0 has got another root. */
  const pathAfter = (node: bigint, segment: number): SignalValue => {
    const tree = state.treeFork();
    tree.setNode(6, 0, node);
    return tree.path(segment, 6);
  };

  it("are taken if they are honest", async () => {
    for (const honest of [request, unforced]) {
      const { input } = batchOn(state, SIZE, honest);
      expect(input["slotAge"]).to.deep.equal([1n, 2n, 0n, 3n, 5n]);
      expect(input["segmentLast"]).to.deep.equal([6n, 4n]);
      expect(circuit.violated(await circuit.witness(input))).to.be.empty;
    }
  });

  it("an access reads what the last one wrote: Carol's withdrawal is not undone by Alice's transfer", async () => {
    const { input } = batchOn(state, SIZE, request);
    // Alice's slot, and all after it, on the segment as it was before the batch.
    const late = withSlots(state, SIZE, { ...request, l1Operations: [] }, honestSlots.slice(1));
    const [lateChildren, children] = [late, input].map((from) => from["slotChildren"] as readonly SignalValue[]);
    const stale = {
      ...input,
      slotAge: [1n, 0n, 0n, 3n, 5n],
      slotChildren: [children![0]!, ...lateChildren!.slice(0, 4)],
      segmentNode: late["segmentNode"]!,
    };
    await expectForgery(circuit, { ...stale, segmentChildren: late["segmentChildren"]! }, [MEMORY]);
  });

  it("an access reads from an earlier one, not from itself: or a forced withdrawal is denied", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    const denied = { ...input, ...denial, l1Age: [1n], slotAge: [0n, 2n, 0n, 3n, 5n] };
    const forged = await expectForgery(circuit, denied, ["l1[0].access.RangeCheck.bit[*], l1[0].access.RangeCheck.in"]);
    expect(circuit.get(forged, "l1[0].memory")).to.equal(0n);
    await expectForgery(circuit, { ...denied, l1Age: [0n] }, [MEMORY]);
  });

  it("a segment comes once: or its root becomes another one for a while, in which a forced withdrawal is denied", async () => {
    // Nobody outside segment 0, which comes twice: from the true root to the phantom's, and from that to the new root.
    const inOne = { ...unforced, transfers: [transfer("alice", ALICE, { to: NOBODY, amount: 0n })] };
    const { input } = batchOn(state, SIZE, inOne);
    const [[oldNode, newNode]] = input["segmentNode"] as [[bigint, bigint]];
    const [path] = input["segmentChildren"] as [SignalValue];
    const twice = {
      ...{ ...input, ...denial, l1Age: [0n] },
      slotAge: (input["slotAge"] as bigint[]).with(0, 0n),
      segmentIndex: [0n, 0n],
      segmentLast: [1n, (input["segmentLast"] as bigint[])[0]!],
      segmentNode: [
        [oldNode, phantom],
        [phantom, newNode],
      ],
      segmentChildren: [path, pathAfter(phantom, 0)],
    };
    const forged = await expectForgery(circuit, twice, [ORDER]);
    expect(circuit.get(forged, "root[2]")).to.equal(circuit.get(await circuit.witness(input), "root[2]"));
  });

  it("segments come in ascending order", async () => {
    const { input } = batchOn(state, SIZE, { ...unforced, withdrawals: [], transfers: [] });
    const reversed = Object.entries(input).map(([name, value]) => {
      return [name, /^segment/.test(name) ? (value as readonly SignalValue[]).toReversed() : value] as const;
    });
    await expectForgery(circuit, Object.fromEntries(reversed), [ORDER]);
  });

  it("segments end as their own accesses left them: they are not exchanged", async () => {
    const { input } = batchOn(state, SIZE, request);
    const nodes = input["segmentNode"] as [[bigint, bigint], [bigint, bigint]];
    const shift = Fr.div(BOBS_SEGMENT, NEXT_TIME);
    // Segment 0 takes what is at (Bob's segment, 4), and Bob's what is at (0, 6).
    const exchanged = changed(input, {
      ...{ "segmentNode[0][1]": nodes[1][1], "segmentNode[1][1]": nodes[0][1] },
      ...{ "segmentLast[0]": Fr.add(4n, shift), "segmentLast[1]": Fr.sub(6n, shift) },
    });
    const guards = ["segmentLast[0], segment[0].RangeCheck.bit[*]", "segmentLast[1], segment[1].RangeCheck.bit[*]"];
    const paths = [state.treeFork().path(0, 6), pathAfter(nodes[1][1], Number(BOBS_SEGMENT))];
    await expectForgery(circuit, { ...exchanged, segmentChildren: paths }, guards);
  });

  it("accesses read from their own segment", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    const shift = Fr.div(BOBS_SEGMENT, NEXT_TIME);
    // The request to leave reads from Bob's segment, where nobody is at Alice's place, and Bob's slot reads from there.
    const elsewhere = {
      ...{ ...input, ...denial, l1Age: [shift], slotAge: [0n, 2n, Fr.sub(1n, shift), 3n, 5n] },
      l1Children: [state.treeFork().path(Number(BOBS_SEGMENT) * 2 ** 18 + ALICE, 0, 6)],
    };
    const guards = ["l1[0]", "slot[2]"].map((row) => `${row}.access.RangeCheck.bit[*], ${row}.access.RangeCheck.in`);
    await expectForgery(circuit, elsewhere, guards);
  });

  it("accesses are to segments that the batch has", async () => {
    const { input } = batchOn(state, SIZE, unforced);
    // The phantom segment of Alice's request to leave is there, with its own number, but the batch does not prove it.
    const index = BigInt(ALICE) + 2n ** 18n;
    const unlisted = { ...input, ...denial, l1Index: [index], l1Age: [0n], slotAge: [0n, 2n, 0n, 3n, 5n] };
    await expectForgery(circuit, unlisted, [MEMORY]);
  });

  it("c fixes the index of an empty slot", async () => {
    const at = (index: number): CircuitInput => withSlots(state, SIZE, request, [...honestSlots, { index }]);
    const [first, second] = [await circuit.witness(at(NOBODY)), await circuit.witness(at(NOBODY + 1))];
    expect(circuit.violated(first)).to.be.empty;
    expect(circuit.violated(second)).to.be.empty;
    expect(circuit.get(first, "c")).not.to.equal(circuit.get(second, "c"));
  });
});
