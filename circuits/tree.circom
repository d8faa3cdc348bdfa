pragma circom 2.2.0;

include "poseidon.circom";

// One level of an 8-ary Merkle path, for one or two versions of a node in the same place among the same siblings: of
// two, the old one and the new one.
//
// The siblings enter as the outputs of their S-boxes in the parent's hash. x^5 is a bijection of the field, so each
// output stands for exactly one child, and the statement is the same as with the children as witnesses.
template TreeLevel(versions) {
    signal input bits[3]; // place of the node, lowest bit first; boolean by the caller's constraints
    signal input node[versions];
    signal input children[8]; // a hint for the first version's siblings
    signal output parent[versions];

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
    signal power[versions];
    component hash[versions];
    for (var k = 0; k < versions; k++) {
        power[k] <== Sbox(0)(node[k] + constant);
        hash[k] = PoseidonAfterFirstSbox(8);
    }

    var last = versions - 1;
    signal sibling[8];
    signal change[8];
    var total = 0;
    for (var j = 0; j < 8; j++) {
        sibling[j] <-- (children[j] + firstRoundConstant(8, j + 1)) ** 5;
        change[j] <== at[j] * (power[last] - sibling[j]);
        total += change[j];
        for (var k = 0; k < versions; k++) {
            hash[k].in[j] <== sibling[j] + k * change[j];
        }
    }
    // The changes add up to power[last] - sibling[place]; so this says sibling[place] = power[0].
    total === power[last] - power[0];

    for (var k = 0; k < versions; k++) {
        parent[k] <== hash[k].out;
    }
}

// A path of that many levels: root[k] is the root of one and the same tree with node[k] at the place that the bits
// name, lowest first.
template TreePath(levels, versions) {
    signal input bits[3 * levels]; // boolean by the caller's constraints
    signal input node[versions];
    signal input children[levels][8]; // hints for the first version's siblings, lowest level first
    signal output root[versions];

    signal nodes[levels + 1][versions];
    nodes[0] <== node;
    for (var level = 0; level < levels; level++) {
        nodes[level + 1] <== TreeLevel(versions)(
            [bits[3 * level], bits[3 * level + 1], bits[3 * level + 2]],
            nodes[level],
            children[level]
        );
    }
    root <== nodes[levels];
}
