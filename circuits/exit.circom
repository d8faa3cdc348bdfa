pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";
include "poseidon.circom";
include "tree.circom";

// An account that leaves a frozen rollup: the tree with this root holds, at an index, an account of a token with this
// balance, whose L1 address is to be paid. Statement and soundness: docs/circuits/exit.md.
//
// Public: root, account = index | token | l1Address, balance.
template Exit() {
    signal input root;
    signal input account;
    signal input balance;
    signal input index;
    signal input token;
    signal input l1Address;
    signal input pubKeyY;
    signal input nonce;
    signal input children[TREE_LEVELS()][8];

    // A. Both packed elements, the leaf's and the public one, open in one way.
    signal indexBits[INDEX_BITS()] <== ToBits(INDEX_BITS())(index);
    RangeCheck(TOKEN_BITS())(token);
    RangeCheck(NONCE_BITS())(nonce);
    RangeCheck(L1_ADDRESS_BITS())(l1Address);
    RangeCheck(BALANCE_BITS())(balance);

    // B. What the contract pays by.
    account === index + token * 2 ** EXIT_ACCOUNT_TOKEN() + l1Address * 2 ** EXIT_ACCOUNT_L1_ADDRESS();

    // C. The leaf, which is never the 0 of an empty one, and its path.
    signal leaf <== Poseidon(4)([
        pubKeyY,
        l1Address,
        index + token * 2 ** LEAF_TOKEN() + nonce * 2 ** LEAF_NONCE(),
        balance
    ]);
    signal path[3 * TREE_LEVELS()];
    for (var i = 0; i < 3 * TREE_LEVELS(); i++) {
        // The tree is one bit deeper than an index: the last path bit is the constant 0.
        path[i] <== i < INDEX_BITS() ? indexBits[i] : 0;
    }
    signal top[1] <== TreePath(TREE_LEVELS(), 1)(path, [leaf], children);
    top[0] === root;
}
