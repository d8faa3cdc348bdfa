pragma circom 2.2.0;

include "account.circom";
include "bits.circom";
include "generated/constants.circom";

// An account that transfers touch, moved once from before all of them to after all of them. change and nonces are
// its terms in the sums that the transfers' terms must equal.
//
// An empty leaf fixes none of its fields, so an empty slot has them all 0: its index, then the only free value, stands
// in terms that vanish or cancel. Transfers create no account: an empty slot stays empty.
template Slot() {
    signal input alpha;
    signal input beta;
    signal input root;
    signal input token;
    signal input index;
    signal input pubKeyY;
    signal input l1Address;
    signal input nonce[2];
    signal input balance[2];
    signal input exists;
    signal input children[TREE_LEVELS()][8];
    signal output leaf[2];
    signal output change;
    signal output nonces;
    signal output newRoot;

    component update = AccountUpdate(1);
    update.root <== root;
    update.index <== index;
    update.pubKeyY <== pubKeyY;
    update.l1Address <== l1Address;
    update.token <== token;
    update.nonce <== nonce;
    update.balance <== balance;
    update.exists <== [exists, exists];
    update.children <== children;
    leaf <== update.leaf;
    newRoot <== update.newRoot;

    (1 - exists) * balance[1] === 0;
    (1 - exists) * nonce[1] === 0;
    (1 - exists) * pubKeyY === 0;

    change <== Quotient()(balance[1] - balance[0], alpha - index);

    // Puts (index, nonce[0], key) on the bus and takes (index, nonce[1], key) off it.
    signal key <== beta * pubKeyY;
    var put = index + nonce[0] * 2 ** BUS_NONCE() + key;
    var taken = index + nonce[1] * 2 ** BUS_NONCE() + key;
    signal putTerm <== Quotient()(1, alpha - put);
    signal takenTerm <== Quotient()(1, alpha - taken);
    nonces <== putTerm - takenTerm;
}
