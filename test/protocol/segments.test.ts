import { expect } from "chai";
import { leafOf, type Account } from "../../protocol/account.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { segmentsOf } from "../../protocol/segments.ts";
import { RollupState, type AccountUpdate } from "../../protocol/state.ts";
import { rootOfPath, segmentOf } from "../../protocol/tree.ts";
import { nodeOf } from "../../protocol/wide-poseidon.ts";
import { expectCode } from "../support/errors.ts";
import { ROOMY } from "../support/protocol/small-rollup.ts";

const SIZE = { ...ROOMY, segments: 4 };
const SEGMENT = 512;
const account = (balance: bigint): Account => ({ pubKeyY: 7n, l1Address: 8n, token: 9, balance, nonce: 3 });

/** Accounts in the segments 0, 5 and 2^23 - 1, and a batch that goes back and forth between two of them. */
function scenario(): { state: RollupState; next: RollupState; updates: AccountUpdate[] } {
  const state = new RollupState();
  const places = [3, 5 * SEGMENT + 1, 5 * SEGMENT + 8, 2 ** 32 - 1];
  for (const [i, index] of places.entries()) state.update(index, account(10n + BigInt(i)));
  const next = state.fork();
  const moves: [number, bigint?][] = [
    [5 * SEGMENT + 8, 20n],
    [2 ** 32 - 1, 21n],
    [5 * SEGMENT + 1, 22n],
    [5 * SEGMENT + 8, 23n],
    [2 ** 32 - 2],
  ];
  const updates = moves.map(([index, balance]) =>
    next.update(index, balance === undefined ? undefined : account(balance)),
  );
  return { state, next, updates };
}

describe("protocol: segments", () => {
  it("are the upper 23 bits of an index", () => {
    expect([0, SEGMENT - 1, SEGMENT, 2 ** 32 - 1].map(segmentOf)).to.deep.equal([0, 0, 1, 2 ** 23 - 1]);
  });

  it("tie each access to the one before it in the same segment", () => {
    const { state, next, updates } = scenario();
    const { accesses, segments } = segmentsOf(SIZE, state.treeFork(), next.treeFork(), updates);
    expect(accesses.map(({ age }) => age)).to.deep.equal([0, 0, 1, 3, 2]);
    for (const { update, age } of accesses) {
      if (age > 0) expect(update.segmentRoots[0]).to.equal(updates[age - 1]!.segmentRoots[1]);
    }
    expect(segments.map(({ active, segment, last }) => [active, segment, last])).to.deep.equal([
      [1, 5, 4],
      [1, 2 ** 23 - 1, 5],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    for (const { active, segment, last, roots } of segments) {
      if (active === 0) continue;
      const own = updates.filter(({ index }) => segmentOf(index) === segment);
      expect(roots).to.deep.equal([own[0]!.segmentRoots[0], own.at(-1)!.segmentRoots[1]]);
      expect(updates[last - 1]).to.equal(own.at(-1));
    }
  });

  it("hold the accounts' paths", () => {
    for (const { index, before, after, path, segmentRoots } of scenario().updates) {
      expect(rootOfPath(index, leafOf(index, before), path)).to.equal(segmentRoots[0]);
      expect(rootOfPath(index, leafOf(index, after), path)).to.equal(segmentRoots[1]);
    }
  });

  it("have each node above them once, from which the roots follow", () => {
    const { state, next, updates } = scenario();
    const { segments, nodes } = segmentsOf(SIZE, state.treeFork(), next.treeFork(), updates);
    // What each touched child is said to be, by label.
    const said = new Map<number, readonly [bigint, bigint]>([[0, [state.root, next.root]]]);
    const used = nodes.filter(({ active }) => active === 1);
    expect(used).to.have.lengthOf(15);
    for (const { label, touched, children, roots } of used.toReversed()) {
      expect(said.get(label)).to.deep.equal(roots);
      said.delete(label);
      expect(children.map(nodeOf)).to.deep.equal(roots);
      touched.forEach((isTouched, place) => {
        const [old, now] = [children[0][place]!, children[1][place]!];
        if (isTouched) said.set(8 * label + 7 + place, [old, now]);
        else expect(now).to.equal(old);
      });
    }
    for (const { active, segment, roots } of segments) {
      if (active === 1) expect(said.get(2 ** 24 - 1 + segment)).to.deep.equal(roots);
    }
    expect(said).to.have.lengthOf(2);
    for (const unused of nodes.slice(15)) {
      expect(unused).to.deep.include({ active: 0, label: 0 });
      expect(unused.touched).not.to.include(true);
      expect(unused.children.map(nodeOf)).to.deep.equal(unused.roots);
    }
  });

  it("leave the state's own tree alone", () => {
    const { state, next, updates } = scenario();
    const root = state.root;
    segmentsOf(SIZE, state.treeFork(), next.treeFork(), updates);
    expect(state.root).to.equal(root);
  });

  it("and nodes must not be more than the size has", async () => {
    const { state, next, updates } = scenario();
    const on = (size: Partial<BatchSize>) =>
      segmentsOf({ ...SIZE, ...size }, state.treeFork(), next.treeFork(), updates);
    on({ segments: 2, nodes: 15 });
    await expectCode("BATCH_SCATTERED", () => on({ segments: 1 }));
    await expectCode("BATCH_SCATTERED", () => on({ nodes: 14 }));
  });
});
