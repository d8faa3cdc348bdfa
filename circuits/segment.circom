pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";
include "tree.circom";

// A segment is a subtree of SEGMENT_LEVELS levels. Accesses to accounts prove their paths within it only; the path from
// its root up to the state's is hashed once for all of them. Each access takes (segment, age, old root of the segment)
// off the memory bus and puts (segment, time, new root) on it: offline memory checking (Blum et al.,
// https://doi.org/10.1007/BF01185212). docs/circuits/batch.md has the argument.

// An access to the segment at a fixed time; age is the time of the access to it before, or 0. memory is the access's
// terms in a sum that is 0 over a batch; position = age | index, for the commitment.
//
// age > time - 1025 is all that holds below: nothing was ever put at a negative time.
template SegmentAccess(time) {
    signal input alpha;
    signal input beta;
    signal input index; // u32 by the caller
    signal input segment; // its upper bits, by the caller
    signal input age;
    signal input node[2]; // the segment's root, old and new
    signal output position;
    signal output memory;

    RangeCheck(ACCESS_TIME_BITS())(time - 1 - age);
    position <== index + age * 2 ** ACCESS_AGE();

    signal old <== beta * node[0];
    signal new <== beta * node[1];
    signal taken <== Quotient()(1, alpha - segment - age * 2 ** MEMORY_TIME() - old);
    signal put <== Quotient()(1, alpha - segment - time * 2 ** MEMORY_TIME() - new);
    memory <== taken - put;
}

// Moves the state's root by all of a batch's accesses to one segment: puts (segment, 0, node[0]) on the memory bus and
// takes (segment, last, node[1]) off it, where last is the time of the last access, or 0.
// position = last | segment, for the commitment.
template Segment() {
    var LEVELS = TREE_LEVELS() - SEGMENT_LEVELS();

    signal input alpha;
    signal input beta;
    signal input root;
    signal input segment;
    signal input last;
    signal input node[2];
    signal input children[LEVELS][8];
    signal output position;
    signal output memory;
    signal output newRoot;

    // The tree is one bit deeper than an index: the last path bit is the constant 0.
    signal path[3 * LEVELS];
    signal segmentBits[SEGMENT_BITS()] <== ToBits(SEGMENT_BITS())(segment);
    for (var i = 0; i < SEGMENT_BITS(); i++) {
        path[i] <== segmentBits[i];
    }
    path[SEGMENT_BITS()] <== 0;
    signal roots[2] <== TreePath(LEVELS, 2)(path, node, children);
    roots[0] === root;
    newRoot <== roots[1];

    RangeCheck(ACCESS_TIME_BITS())(last);
    position <== segment + last * 2 ** MEMORY_TIME();

    signal old <== beta * node[0];
    signal new <== beta * node[1];
    signal put <== Quotient()(1, alpha - segment - old);
    signal taken <== Quotient()(1, alpha - position - new);
    memory <== taken - put;
}
