pragma circom 2.2.0;

include "account.circom";
include "bits.circom";
include "generated/constants.circom";
include "segment.circom";

// An account that signed rows or fees touch, moved once from before all of them to after all of them. change and nonces
// are its terms in the sums that the rows' terms must equal. It accesses its segment at the given time.
//
// An empty leaf fixes none of its fields, so an empty slot has them all 0 but for its index, which position fixes.
// Rows create no account: an empty slot stays empty.
template Slot(time) {
    signal input alpha;
    signal input beta;
    signal input gamma;
    signal input age;
    signal input token;
    signal input index;
    signal input pubKeyY;
    signal input l1Address;
    signal input nonce[2];
    signal input balance[2];
    signal input exists;
    signal input children[SEGMENT_LEVELS()][8];
    signal output position;
    signal output node[2];
    signal output memory;
    signal output change;
    signal output nonces;

    component update = AccountUpdate(1);
    update.index <== index;
    update.pubKeyY <== pubKeyY;
    update.l1Address <== l1Address;
    update.token <== token;
    update.nonce <== nonce;
    update.balance <== balance;
    update.exists <== [exists, exists];
    update.children <== children;
    node <== update.node;

    component access = SegmentAccess(time);
    access.alpha <== alpha;
    access.beta <== beta;
    access.index <== index;
    access.segment <== update.segment;
    access.age <== age;
    access.node <== node;
    position <== access.position;
    memory <== access.memory;

    (1 - exists) * balance[1] === 0;
    (1 - exists) * nonce[1] === 0;
    (1 - exists) * pubKeyY === 0;

    change <== Quotient()(balance[1] - balance[0], alpha - index);

    // Puts (index, nonce[0], key) on the bus and takes (index, nonce[1], key) off it. All nonces that are taken have their
    // range; so nonce[0], which is one of them, has it as well.
    signal key <== beta * pubKeyY;
    signal old <== gamma * nonce[0];
    signal new <== gamma * nonce[1];
    signal putTerm <== Quotient()(1, alpha - index - key - old);
    signal takenTerm <== Quotient()(1, alpha - index - key - new);
    nonces <== putTerm - takenTerm;
}
