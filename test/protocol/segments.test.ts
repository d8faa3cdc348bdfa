import { expect } from "chai";
import { leafOf, type Account } from "../../protocol/account.ts";
import { segmentsOf } from "../../protocol/segments.ts";
import { RollupState, type AccountUpdate } from "../../protocol/state.ts";
import { rootOfPath, segmentOf } from "../../protocol/tree.ts";
import { expectCode } from "../support/errors.ts";
import { ROOMY } from "../support/protocol/small-rollup.ts";

const SIZE = { ...ROOMY, segments: 4 };
const SEGMENT = 2 ** 18;
const account = (balance: bigint): Account => ({ pubKeyY: 7n, l1Address: 8n, token: 9, balance, nonce: 3 });

/** Accounts in the segments 0, 5 and 16383, and a batch that goes back and forth between two of them. */
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
  it("are the upper 14 bits of an index", () => {
    expect([0, SEGMENT - 1, SEGMENT, 2 ** 32 - 1].map(segmentOf)).to.deep.equal([0, 0, 1, 2 ** 14 - 1]);
  });

  it("tie each access to the one before it in the same segment", () => {
    const { state, updates } = scenario();
    const { accesses, moves } = segmentsOf(SIZE, state.treeFork(), updates);
    expect(accesses.map(({ age }) => age)).to.deep.equal([0, 0, 1, 3, 2]);
    for (const { update, age } of accesses) {
      if (age > 0) expect(update.segmentRoots[0]).to.equal(updates[age - 1]!.segmentRoots[1]);
    }
    expect(moves.map(({ segment, last }) => [segment, last])).to.deep.equal([
      [0, 0],
      [1, 0],
      [5, 4],
      [2 ** 14 - 1, 5],
    ]);
  });

  it("hold the accounts' paths, and lead from the old root to the new one", () => {
    const { state, next, updates } = scenario();
    for (const { index, before, after, path, segmentRoots } of updates) {
      expect(rootOfPath(index, leafOf(index, before), path)).to.equal(segmentRoots[0]);
      expect(rootOfPath(index, leafOf(index, after), path)).to.equal(segmentRoots[1]);
    }
    let root = state.root;
    for (const { segment, before, after, path } of segmentsOf(SIZE, state.treeFork(), updates).moves) {
      expect(rootOfPath(segment, before, path)).to.equal(root);
      root = rootOfPath(segment, after, path);
    }
    expect(root).to.equal(next.root);
  });

  it("leave the state's own tree alone", () => {
    const { state, updates } = scenario();
    const root = state.root;
    segmentsOf(SIZE, state.treeFork(), updates);
    expect(state.root).to.equal(root);
  });

  it("must not be more than the size has", async () => {
    const { state, updates } = scenario();
    segmentsOf({ ...SIZE, segments: 2 }, state.treeFork(), updates);
    await expectCode("BATCH_SCATTERED", () => segmentsOf({ ...SIZE, segments: 1 }, state.treeFork(), updates));
  });
});
