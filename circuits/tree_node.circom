pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";
include "poseidon.circom";

// A batch hashes each node of the tree above the segments that it touches once. They are tied together by the tree bus, a
// sum that is 0 over a batch: who is in the tree puts (label, old hash, new hash) on it, and the node above takes it off.
// docs/circuits/batch.md has the argument.
//
// Labels: the root is 0, child j of n is 8 n + 7 + j. So a child's label is above its parent's, a label has one parent, and
// the segments' labels, from SEGMENT_LABELS() on, are above those of all nodes.
function SEGMENT_LABELS() {
    return 8 ** (TREE_LEVELS() - SEGMENT_LEVELS()) - 1;
}

// A node, old and new. It puts itself on the tree bus and takes its touched children off; the others stay as they are.
// A row that is not active touches no child. position = active | flags | label, for the commitment.
template TreeNode() {
    signal input alpha;
    signal input beta;
    signal input gamma;
    signal input label;
    signal input active;
    signal input touched[8];
    signal input child[2][8];
    signal output position;
    signal output node[2];
    signal output tree;

    RangeCheck(NODE_LABEL_BITS())(label);
    active * (active - 1) === 0;
    var flags = 0;
    var count = 0;
    for (var j = 0; j < 8; j++) {
        touched[j] * (touched[j] - 1) === 0;
        (1 - touched[j]) * (child[1][j] - child[0][j]) === 0;
        flags += touched[j] * 2 ** j;
        count += touched[j];
    }
    (1 - active) * count === 0;
    position <== label + flags * 2 ** TREE_NODE_FLAGS() + active * 2 ** TREE_NODE_ACTIVE();

    for (var k = 0; k < 2; k++) {
        node[k] <== Poseidon(8)(child[k]);
    }

    // The terms are Quotient's, written out: its inputs would cost a constraint each.
    signal roots <== (node[0] + beta) * (node[1] + gamma);
    signal put <-- active / (alpha - label - roots);
    put * (alpha - label - roots) === active;
    signal pair[8];
    signal taken[8];
    var sum = put;
    for (var j = 0; j < 8; j++) {
        pair[j] <== (child[0][j] + beta) * (child[1][j] + gamma);
        taken[j] <-- touched[j] / (alpha - (8 * label + 7 + j) - pair[j]);
        taken[j] * (alpha - (8 * label + 7 + j) - pair[j]) === touched[j];
        sum -= taken[j];
    }
    tree <== sum;
}
