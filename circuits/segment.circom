pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";
include "tree_node.circom";

// A segment is a subtree of SEGMENT_LEVELS levels. Accesses to accounts prove their paths within it only. Each access takes
// (segment, age, old root of the segment) off the memory bus and puts (segment, time, new root) on it: offline memory
// checking (Blum et al., https://doi.org/10.1007/BF01185212). docs/circuits/batch.md has the argument.

// An access to the segment at a fixed time; age is the time of the access to it before, or 0. memory is the access's
// terms in a sum that is 0 over a batch; position = gap | index, for the commitment.
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

    signal gap <== time - 1 - age;
    RangeCheck(ACCESS_TIME_BITS())(gap);
    position <== index + gap * 2 ** ACCESS_GAP();

    signal old <== beta * node[0];
    signal new <== beta * node[1];
    signal taken <== Quotient()(1, alpha - segment - age * 2 ** MEMORY_TIME() - old);
    signal put <== Quotient()(1, alpha - segment - time * 2 ** MEMORY_TIME() - new);
    memory <== taken - put;
}

// All of a batch's accesses to one segment, if it is active: puts (segment, 0, node[0]) on the memory bus and takes
// (segment, last, node[1]) off it, where last is the time of the last access, or 0; and puts itself on the tree bus.
// position = active | last | segment, for the commitment.
template TouchedSegment() {
    signal input alpha;
    signal input beta;
    signal input gamma;
    signal input active;
    signal input segment;
    signal input last;
    signal input node[2];
    signal output position;
    signal output memory;
    signal output tree;

    active * (active - 1) === 0;
    RangeCheck(SEGMENT_BITS())(segment);
    RangeCheck(ACCESS_TIME_BITS())(last);
    position <== segment
        + last * 2 ** TOUCHED_SEGMENT_LAST()
        + active * 2 ** TOUCHED_SEGMENT_ACTIVE();

    signal old <== beta * node[0];
    signal new <== beta * node[1];
    signal put <== Quotient()(active, alpha - segment - old);
    signal taken <== Quotient()(active, alpha - segment - last * 2 ** MEMORY_TIME() - new);
    memory <== taken - put;

    signal roots <== (node[0] + beta) * (node[1] + gamma);
    tree <== Quotient()(active, alpha - (SEGMENT_LABELS() + segment) - roots);
}
