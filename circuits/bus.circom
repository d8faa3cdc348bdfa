pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";

// What a signed row does to nonces: takes (from, token, nonce, key) off the bus and puts (from, token, nonce + 1, key) on
// it, if it is active. An account stands there as the packed element of its leaf + beta * key (docs/circuits/batch.md).
template NonceStep() {
    signal input alpha;
    signal input beta;
    signal input active;
    signal input from;
    signal input token;
    signal input nonce;
    signal input pubKeyY;
    signal output nonces;

    signal key <== beta * pubKeyY;
    var taken = from + token * 2 ** LEAF_TOKEN() + nonce * 2 ** LEAF_NONCE() + key;
    signal takenTerm <== Quotient()(active, alpha - taken);
    signal putTerm <== Quotient()(active, alpha - taken - 2 ** LEAF_NONCE());
    nonces <== takenTerm - putTerm;
}
