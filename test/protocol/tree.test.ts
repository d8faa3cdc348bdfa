import { expect } from "chai";
import fc from "fast-check";
import { TREE_LEVELS } from "../../protocol/constants.ts";
import { EMPTY_NODES, rootOfPath, StateTree } from "../../protocol/tree.ts";
import { nodeOf } from "../../protocol/wide-poseidon.ts";
import { naiveRoot } from "../support/protocol/naive-tree.ts";
import { LONG } from "../support/random.ts";

/** First and last places of nodes at many levels, and the two ends of the tree. */
const EDGES = [0, 1, 7, 8, 63, 64, 511, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1];
const indexes = fc.oneof(fc.constantFrom(...EDGES), fc.nat(2 ** 32 - 1));
const leafSets = fc.array(fc.tuple(indexes, fc.bigInt(0n, 2n ** 250n)), { minLength: 1, maxLength: 8 });
const numRuns = LONG ? 100 : 10;

function treeOf(leaves: readonly (readonly [number, bigint])[]): StateTree {
  const tree = new StateTree();
  for (const [index, leaf] of leaves) tree.setLeaf(index, leaf);
  return tree;
}

describe("protocol: tree", () => {
  it("is empty at first", () => {
    expect(new StateTree().root).to.equal(naiveRoot(new Map()));
    expect(EMPTY_NODES).to.have.lengthOf(TREE_LEVELS + 1);
    expect(EMPTY_NODES[0]).to.equal(0n);
    expect(EMPTY_NODES[2]).to.equal(nodeOf(Array<bigint>(8).fill(nodeOf(Array<bigint>(8).fill(0n)))));
  });

  it("has the root that all its leaves hash to", () => {
    fc.assert(
      fc.property(leafSets, (leaves) => {
        const tree = treeOf(leaves);
        const last = new Map(leaves);
        expect(tree.root).to.equal(naiveRoot(last));
        for (const [index, leaf] of last) expect(tree.leaf(index)).to.equal(leaf);
      }),
      { numRuns },
    );
  });

  it("does not depend on the order of changes, and forgets what was overwritten", () => {
    const forward = treeOf([
      [5, 50n],
      [70, 700n],
      [6, 60n],
    ]);
    const backward = treeOf([
      [6, 61n],
      [70, 700n],
      [5, 50n],
      [6, 60n],
    ]);
    expect(forward.root).to.equal(backward.root);
    backward.setLeaf(6, 0n);
    expect(backward.root).to.equal(
      naiveRoot(
        new Map([
          [5, 50n],
          [70, 700n],
        ]),
      ),
    );
  });

  it("has a path for each index, that leads to the root from its leaf alone", () => {
    fc.assert(
      fc.property(leafSets, indexes, (leaves, index) => {
        const tree = treeOf(leaves);
        const path = tree.path(index);
        expect(path.map((children) => children.length)).to.deep.equal(Array(TREE_LEVELS).fill(8));
        expect(rootOfPath(index, tree.leaf(index), path)).to.equal(tree.root);
        expect(rootOfPath(index, tree.leaf(index) + 1n, path)).not.to.equal(tree.root);
        // The same path with another leaf is the tree after that change.
        const root = rootOfPath(index, 77n, path);
        tree.setLeaf(index, 77n);
        expect(tree.root).to.equal(root);
      }),
      { numRuns },
    );
  });

  it("reads the index three bits a level, lowest first", () => {
    const index = 0o12345670123; // below 2^33
    const tree = treeOf([[index, 9n]]);
    const places = tree.path(index).map((children, level) => children.findIndex((node) => node !== EMPTY_NODES[level]));
    expect(places).to.deep.equal([3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1]);
    expect(rootOfPath(index - 1, 9n, tree.path(index))).not.to.equal(tree.root);
  });

  it("keeps a fork's changes from its parent until they are committed", () => {
    const tree = treeOf([[3, 30n]]);
    const before = tree.root;
    const fork = tree.fork();
    fork.setLeaf(4, 40n);
    const nested = fork.fork();
    nested.setLeaf(3, 31n);
    expect([tree.root, fork.leaf(3), nested.leaf(4)]).to.deep.equal([before, 30n, 40n]);
    nested.commit();
    expect([tree.root, fork.leaf(3)]).to.deep.equal([before, 31n]);
    fork.commit();
    expect(tree.root).to.equal(
      naiveRoot(
        new Map([
          [3, 31n],
          [4, 40n],
        ]),
      ),
    );
    expect(fork.root).to.equal(tree.root);
    tree.setLeaf(3, 32n);
    expect([fork.leaf(3), nested.leaf(3)]).to.deep.equal([32n, 32n]);
  });
});
