import { expect } from "chai";
import { leafOf, type Account } from "../../protocol/account.ts";
import { RollupState } from "../../protocol/state.ts";
import { EMPTY_NODES, rootOfPath } from "../../protocol/tree.ts";
import { expectCode } from "../support/errors.ts";
import { naiveRoot } from "../support/protocol/naive-tree.ts";

const account = (seed: bigint): Account => ({
  pubKeyY: seed + 1n,
  l1Address: seed + 2n,
  token: Number(seed) + 3,
  balance: seed + 4n,
  nonce: Number(seed) + 5,
});
const ALICE = account(100n);
const BOB = account(200n);

describe("protocol: state", () => {
  it("starts as the empty tree", () => {
    expect(new RollupState().root).to.equal(EMPTY_NODES[11]);
    expect(new RollupState().accounts()).to.be.empty;
  });

  it("puts accounts at their indexes, and lists them in ascending order", () => {
    const state = new RollupState();
    state.update(900, ALICE);
    state.update(8, BOB);
    expect(state.account(900)).to.deep.equal(ALICE);
    expect(state.account(9)).to.equal(undefined);
    expect([...state.accounts()]).to.deep.equal([
      [8, BOB],
      [900, ALICE],
    ]);
    const leaves = new Map([
      [8, leafOf(8, BOB)],
      [900, leafOf(900, ALICE)],
    ]);
    expect(state.root).to.equal(naiveRoot(leaves));
  });

  it("describes an update with the path within its segment that it was made on", () => {
    const state = new RollupState();
    state.update(8, BOB);
    const segmentRoot = (): bigint => state.treeFork().node(3, 0);
    const oldRoot = segmentRoot();
    const { index, before, after, path, segmentRoots } = state.update(9, ALICE);
    expect({ index, before, after }).to.deep.equal({ index: 9, before: undefined, after: ALICE });
    expect(segmentRoots).to.deep.equal([oldRoot, segmentRoot()]);
    expect(rootOfPath(9, 0n, path)).to.equal(oldRoot);
    expect(rootOfPath(9, leafOf(9, ALICE), path)).to.equal(segmentRoot());
    expect(state.update(9, BOB).before).to.deep.equal(ALICE);
  });

  it("changes nothing by an update from nothing to nothing", () => {
    const state = new RollupState();
    state.update(8, BOB);
    const root = state.root;
    expect(state.update(0, undefined).after).to.equal(undefined);
    expect(state.root).to.equal(root);
  });

  it("refuses what has no leaf before anything changes", async () => {
    const state = new RollupState();
    state.update(8, BOB);
    const root = state.root;
    await expectCode("FIELD_OUT_OF_RANGE", () => state.update(8, { ...BOB, balance: -1n }));
    await expectCode("FIELD_OUT_OF_RANGE", () => state.update(2 ** 32, ALICE));
    expect(state.account(8)).to.deep.equal(BOB);
    expect(state.accounts().size).to.equal(1);
    expect(state.root).to.equal(root);
  });

  describe("fork", () => {
    it("reads through to its parent, and is not seen there until it is committed", () => {
      const state = new RollupState();
      state.update(8, BOB);
      const root = state.root;
      const fork = state.fork();
      fork.update(9, ALICE);
      expect(fork.account(8)).to.deep.equal(BOB);
      expect([...fork.accounts().keys()]).to.deep.equal([8, 9]);
      expect([...state.accounts().keys()]).to.deep.equal([8]);
      expect(state.root).to.equal(root);
      fork.commit();
      expect(state.account(9)).to.deep.equal(ALICE);
      expect(state.root).to.equal(fork.root).and.not.to.equal(root);
    });

    it("can be forked itself, and used again after a commit", () => {
      const state = new RollupState();
      const fork = state.fork();
      const nested = fork.fork();
      nested.update(8, BOB);
      nested.commit();
      expect(state.accounts()).to.be.empty;
      fork.update(9, ALICE);
      fork.commit();
      fork.update(8, ALICE);
      expect(state.account(8)).to.deep.equal(BOB);
      fork.commit();
      expect(state.root).to.equal(
        naiveRoot(
          new Map([
            [8, leafOf(8, ALICE)],
            [9, leafOf(9, ALICE)],
          ]),
        ),
      );
    });

    it("cannot be committed to a parent that changed meanwhile", async () => {
      const state = new RollupState();
      const [first, second, third] = [state.fork(), state.fork(), state.fork()];
      first.update(8, BOB);
      second.update(9, ALICE);
      first.commit();
      const root = state.root;
      await expectCode("STATE_CHANGED", () => second.commit());
      expect(state.root).to.equal(root);
      expect(state.account(9)).to.equal(undefined);
      await expectCode("STATE_CHANGED", () => third.commit());

      const fork = state.fork();
      state.update(10, ALICE);
      await expectCode("STATE_CHANGED", () => fork.commit());
    });

    it("leaves a state without parent as it is", () => {
      const state = new RollupState();
      state.update(8, BOB);
      const root = state.root;
      state.commit();
      expect(state.root).to.equal(root);
    });
  });
});
