pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";
include "poseidon.circom";
include "tree.circom";

// leaf[k] = exists[k] * Poseidon(pubKeyY, l1Address, index + token * 2^32 + nonce[k] * 2^48, balance[k]) for the old
// and the new content of one leaf. The packed element opens in one way only if each part is in its range.
template LeafPair() {
    signal input index;
    signal input pubKeyY;
    signal input l1Address;
    signal input token;
    signal input nonce[2];
    signal input balance[2];
    signal input exists[2];
    signal output leaf[2];

    signal keyPower <== Sbox(firstRoundConstant(4, 1))(pubKeyY);
    signal addressPower <== Sbox(firstRoundConstant(4, 2))(l1Address);
    signal hash[2];
    for (var k = 0; k < 2; k++) {
        var packed = index + token * 2 ** LEAF_TOKEN() + nonce[k] * 2 ** LEAF_NONCE();
        hash[k] <== PoseidonAfterFirstSbox(4)([
            keyPower,
            addressPower,
            Sbox(firstRoundConstant(4, 3))(packed),
            Sbox(firstRoundConstant(4, 4))(balance[k])
        ]);
        leaf[k] <== exists[k] * hash[k];
    }
}

// Moves one account from its old content (k = 0) to its new one (k = 1) within its segment: a subtree of 512 indexes,
// of which node[k] is the root. That these are roots of segments of the state is for the caller to see to.
//
// The caller fixes exists[1] to a boolean and token to its range. Here: index, the new nonce and the new balance are in
// their ranges (the old balance was a new balance once), and an empty old leaf has balance and nonce 0.
// `spends` is 0 where the nonce cannot change; where it can, the caller's bus of nonces bounds the old one.
template AccountUpdate(spends) {
    signal input index;
    signal input pubKeyY;
    signal input l1Address;
    signal input token;
    signal input nonce[2];
    signal input balance[2];
    signal input exists[2];
    signal input children[SEGMENT_LEVELS()][8];
    signal output segment;
    signal output node[2];

    signal indexBits[INDEX_BITS()] <== ToBits(INDEX_BITS())(index);
    if (spends) {
        RangeCheck(NONCE_BITS())(nonce[1]);
    } else {
        RangeCheck(NONCE_BITS())(nonce[0]);
        nonce[1] === nonce[0];
    }
    RangeCheck(BALANCE_BITS())(balance[1]);

    exists[0] * (exists[0] - 1) === 0;
    (1 - exists[0]) * balance[0] === 0;
    (1 - exists[0]) * nonce[0] === 0;

    signal leaf[2] <== LeafPair()(index, pubKeyY, l1Address, token, nonce, balance, exists);

    signal path[3 * SEGMENT_LEVELS()];
    for (var i = 0; i < 3 * SEGMENT_LEVELS(); i++) {
        path[i] <== indexBits[i];
    }
    node <== TreePath(SEGMENT_LEVELS(), 2)(path, leaf, children);

    var upperBits = 0;
    for (var i = 0; i < SEGMENT_BITS(); i++) {
        upperBits += indexBits[3 * SEGMENT_LEVELS() + i] * 2 ** i;
    }
    segment <== upperBits;
}
