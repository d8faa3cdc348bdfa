pragma circom 2.2.0;

include "generated/constants.circom";
include "poseidon.circom";

// One level of an 8-ary Merkle path, for an old and a new node in the same place among the same siblings.
//
// The siblings enter as the outputs of their S-boxes in the parent's hash. x^5 is a bijection of the field, so each
// output stands for exactly one child, and the statement is the same as with the children as witnesses.
template TreeLevel() {
    signal input bits[3]; // place of the node, lowest bit first; boolean by the caller's constraints
    signal input node[2]; // old, new
    signal input children[8]; // a hint for the old parent's children
    signal output parent[2];

    // One-hot place, linear in four products of the bits.
    signal b01 <== bits[0] * bits[1];
    signal b02 <== bits[0] * bits[2];
    signal b12 <== bits[1] * bits[2];
    signal b012 <== b01 * bits[2];
    var at[8];
    at[7] = b012;
    at[6] = b12 - b012;
    at[5] = b02 - b012;
    at[3] = b01 - b012;
    at[4] = bits[2] - b02 - b12 + b012;
    at[2] = bits[1] - b01 - b12 + b012;
    at[1] = bits[0] - b01 - b02 + b012;
    at[0] = 1 - bits[0] - bits[1] - bits[2] + b01 + b02 + b12 - b012;

    var constant = 0;
    for (var j = 0; j < 8; j++) {
        constant += at[j] * firstRoundConstant(8, j + 1);
    }
    signal power[2];
    for (var k = 0; k < 2; k++) {
        power[k] <== Sbox(0)(node[k] + constant);
    }

    component hash[2];
    hash[0] = PoseidonAfterFirstSbox(8);
    hash[1] = PoseidonAfterFirstSbox(8);
    signal sibling[8];
    signal change[8];
    var total = 0;
    for (var j = 0; j < 8; j++) {
        sibling[j] <-- (children[j] + firstRoundConstant(8, j + 1)) ** 5;
        change[j] <== at[j] * (power[1] - sibling[j]);
        total += change[j];
        hash[0].in[j] <== sibling[j];
        hash[1].in[j] <== sibling[j] + change[j];
    }
    // The changes add up to power[1] - sibling[place]; so this says sibling[place] = power[0].
    total === power[1] - power[0];

    parent[0] <== hash[0].out;
    parent[1] <== hash[1].out;
}

// Replaces the leaf at an index: root is the root of a tree that holds leaf[0] there, newRoot that of the same tree
// with leaf[1] in its place.
template TreeUpdate() {
    signal input indexBits[INDEX_BITS()]; // boolean by the caller's constraints
    signal input leaf[2];
    signal input children[TREE_LEVELS()][8];
    signal input root;
    signal output newRoot;

    signal node[TREE_LEVELS() + 1][2];
    node[0] <== leaf;
    for (var level = 0; level < TREE_LEVELS(); level++) {
        var bits[3];
        for (var i = 0; i < 3; i++) {
            // The tree is one bit deeper than an index: the last path bit is the constant 0.
            bits[i] = 3 * level + i < INDEX_BITS() ? indexBits[3 * level + i] : 0;
        }
        node[level + 1] <== TreeLevel()(bits, node[level], children[level]);
    }
    node[TREE_LEVELS()][0] === root;
    newRoot <== node[TREE_LEVELS()][1];
}
